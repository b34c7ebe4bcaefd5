"""Asks: the prompts that one item needs, and their completions from an engine that may fail."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proguard.card import GuardCard
from proguard.inference.engine import Completion, Engine, Mark, PromptTooLongError, Query
from proguard.moderate.item import Item, Subject, subjects_of
from proguard.moderate.outcome import ENGINE_FAILED
from proguard.moderate.parts import split_policy
from proguard.moderate.policy_file import OwnPolicy
from proguard.policy import Policy
from proguard.prompt import render_prompt

_LOG = logging.getLogger(__name__)

_LABELS = ("safe", "unsafe")
MARKS = (Mark(_LABELS, after="<answer>Request:"), Mark(_LABELS, after="safeResponse:"))
"""Where a completion gives its two labels; before the second is the end of the first."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt: a sample under one part of the policy."""

    subject: Subject
    part: Policy
    messages: list[dict[str, str]]

    @property
    def query(self) -> Query:
        """The prompt as engines take it."""
        return Query(self.messages, self.subject.image, marks=MARKS)

    @property
    def cost(self) -> tuple[bool, int]:
        """Image and length: prompts alike in both make a batch with little padding."""
        return self.subject.image is not None, sum(len(message["content"]) for message in self.messages)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a prompt."""

    completion: str | None
    score: float | None = None
    """Probability of unsafe at the label where it is higher; ``None`` when the engine gives none."""

    failure: str | None = None
    """Why there is no completion."""

    is_too_long: bool = False
    """Whether the prompt has more tokens than the guard takes."""


def asks_of(item: Item, policy: OwnPolicy, card: GuardCard) -> Iterator[Ask]:
    """Yield the prompts of an item: each of its samples under each part of the policy."""
    for subject in subjects_of(item):
        whole = policy.at(card.levels[subject.sample.modality])
        for part in split_policy(whole, None if card.max_shown is None else card.max_shown[whole.level]):
            messages = render_prompt(subject.sample, part, policy.taxonomy, card.prompt)
            yield Ask(subject, part, messages)


def complete_asks(asks: Sequence[Ask], engine: Engine, *, batch_size: int) -> list[Answer]:
    """Return the answer to each ask, in order; batches are made of prompts of one kind and length.

    Args:
        batch_size: Most prompts of a call to the engine, at least 1.
    """
    answers: dict[int, Answer] = {}
    order = sorted(range(len(asks)), key=lambda i: asks[i].cost)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        answers.update(zip(batch, _complete([asks[i].query for i in batch], engine), strict=True))
    return [answers[i] for i in range(len(asks))]


def _complete(queries: list[Query], engine: Engine) -> list[Answer]:
    """Return an answer to each query; one that the engine cannot take does not fail the others of its batch."""
    try:
        completions = engine.complete(queries)
        if len(completions) != len(queries) or not all(isinstance(c, Completion) for c in completions):
            raise TypeError(f"the engine gave no {len(queries)} completions")
        return [_answer(completion) for completion in completions]
    except PromptTooLongError as error:
        fitting = [i for i in range(len(queries)) if i not in error.indices]
        answers = dict(zip(fitting, _complete([queries[i] for i in fitting], engine), strict=True)) if fitting else {}
        too_long = Answer(None, failure="the prompt is too long", is_too_long=True)
        return [answers.get(i, too_long) for i in range(len(queries))]
    except Exception as error:
        # The engine is a boundary: whatever it raises is no verdict. Its message may hold content, so it is not logged.
        if len(queries) > 1:
            return [answer for query in queries for answer in _complete([query], engine)]
        _LOG.warning("%s: %s", ENGINE_FAILED, type(error).__name__)
        return [Answer(None, failure=f"{ENGINE_FAILED}: {type(error).__name__}")]


def _answer(completion: Completion) -> Answer:
    if completion.finish == "refused":
        return Answer(None, failure="the server refused")
    return Answer(completion.text, _score(completion))


def _score(completion: Completion) -> float | None:
    given = [s for s in completion.scores if s is not None]
    return max((s["unsafe"] / (s["safe"] + s["unsafe"]) for s in given), default=None)
