"""Asks: the prompts that one item needs, and their completions from an engine that may fail."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from proguard.card import GuardCard
from proguard.guards.own import ASK, Own
from proguard.guards.scores import highest
from proguard.inference.engine import Completion, Engine, PromptTooLongError, Query
from proguard.moderate.item import Item, Subject, subjects_of
from proguard.moderate.outcome import ENGINE_FAILED
from proguard.moderate.parts import split_policy
from proguard.moderate.policy_file import OwnPolicy
from proguard.policy import Policy
from proguard.row import Row, make_row

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartAsk:
    """One prompt: a sample under one part of the policy, asked and scored as the stage predict does it with a row."""

    subject: Subject
    row: Row
    query: Query
    family: Own

    @property
    def part(self) -> Policy:
        """The part of the policy."""
        return self.row.policy

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt's chat messages."""
        return [message for message in self.query.messages if isinstance(message, dict)]

    @property
    def cost(self) -> tuple[bool, int]:
        """Image and length: prompts alike in both make a batch with little padding."""
        return self.query.image is not None, sum(len(message["content"]) for message in self.messages)

    def score(self, completion: Completion) -> float | None:
        """Return the probability that request or response is unsafe, the higher; ``None`` unless all are known."""
        sides = self.family.read(self.row, {ASK: completion}).sides
        return highest(side.score for side in sides if side.was_asked)


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """What came back for a prompt."""

    completion: str | None
    score: float | None = None
    """Probability of unsafe, as `PartAsk.score` returns it; ``None`` without one."""

    failure: str | None = None
    """Why there is no completion."""

    is_too_long: bool = False
    """Whether the prompt has more tokens than the guard takes."""


def asks_of(item: Item, policy: OwnPolicy, card: GuardCard) -> Iterator[PartAsk]:
    """Yield the prompts of an item: each of its samples under each part of the policy."""
    family = Own(card.prompt)
    for subject in subjects_of(item):
        whole = policy.at(card.levels[subject.sample.modality])
        for part in split_policy(whole, None if card.max_shown is None else card.max_shown[whole.level]):
            row = make_row(subject.sample, part, "free", policy.taxonomy)
            (asked,) = family.asks(row, policy.taxonomy)
            yield PartAsk(subject, row, replace(asked.query, image=subject.image), family)


def complete_asks(asks: Sequence[PartAsk], engine: Engine, *, batch_size: int) -> list[PartAnswer]:
    """Return the answer to each ask, in order; batches are made of prompts of one kind and length.

    Args:
        batch_size: Most prompts of a call to the engine, at least 1.
    """
    answers: dict[int, PartAnswer] = {}
    order = sorted(range(len(asks)), key=lambda i: asks[i].cost)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        answers.update(zip(batch, _complete([asks[i] for i in batch], engine), strict=True))
    return [answers[i] for i in range(len(asks))]


def _complete(asks: list[PartAsk], engine: Engine) -> list[PartAnswer]:
    """Return an answer to each ask; one that the engine cannot take does not fail the others of its batch."""
    try:
        completions = engine.complete([ask.query for ask in asks])
        if len(completions) != len(asks) or not all(isinstance(c, Completion) for c in completions):
            raise TypeError(f"the engine gave no {len(asks)} completions")
        return [_answer(ask, completion) for ask, completion in zip(asks, completions, strict=True)]
    except PromptTooLongError as error:
        fitting = [i for i in range(len(asks)) if i not in error.indices]
        answers = dict(zip(fitting, _complete([asks[i] for i in fitting], engine), strict=True)) if fitting else {}
        too_long = PartAnswer(None, failure="the prompt is too long", is_too_long=True)
        return [answers.get(i, too_long) for i in range(len(asks))]
    except Exception as error:
        # The engine is a boundary: what it raises gives no verdict. Its message may hold content: not logged.
        if len(asks) > 1:
            return [answer for ask in asks for answer in _complete([ask], engine)]
        _LOG.warning("%s: %s", ENGINE_FAILED, type(error).__name__)
        return [PartAnswer(None, failure=f"{ENGINE_FAILED}: {type(error).__name__}")]


def _answer(ask: PartAsk, completion: Completion) -> PartAnswer:
    if completion.finish == "refused":
        return PartAnswer(None, failure="the server refused")
    return PartAnswer(completion.text, ask.score(completion))
