"""The votes of a model: questions worded, those without an answer in the journal asked, answers read and counted."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from proguard.inference.server import Patience
from proguard.inference.weights import identify
from proguard.storage.images import ImageStore
from proguard.storage.journal import open_journal
from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.journal import ModelAnswer, append_answers, read_answers
from proguard.taxonomy_map.label_map import NO_HOME
from proguard.taxonomy_map.local_model import LocalModel, annotate_here, plan_batches
from proguard.taxonomy_map.on_ray import Cluster, annotate_on_ray
from proguard.taxonomy_map.question import Question
from proguard.taxonomy_map.question_prompt import Asked, parse_answer, system_text, word_questions
from proguard.taxonomy_map.settings import LocalAnnotator, ModelAnnotator, Price
from proguard.taxonomy_map.vote import Vote

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where model annotators work; nothing of it changes an answer."""

    images: ImageStore
    """The shards that collect wrote."""

    runtime: Mapping[str, Any]
    """``runtime``: machine knobs; ``work``, ``inference`` and ``annotators`` are read."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a model's answers came to, earlier runs' answers to the same questions included."""

    asked: int
    voted: int
    """Answers that are a category."""

    none: int
    """Answers that no category fits."""

    malformed: int
    """Answers that are neither: abstentions."""

    refused: int
    """Questions whose content the server refused: abstentions."""

    prompt_tokens: int
    """Tokens of the questions, as far as a server counted them."""

    completion_tokens: int
    """Tokens of the answers, likewise."""

    cost: float | None
    """What the tokens cost; ``None`` without a price."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one model gave."""

    votes: list[Vote]
    tally: Tally


def annotate_by_model(
    questions: Sequence[Question], *, annotator: ModelAnnotator, taxonomy: Taxonomy, workplace: Workplace
) -> Annotation:
    """Return the votes of a model, in order of the questions; asks only what its journal lacks.

    Raises:
        ConnectionError: When a server stays down; answers so far are kept.
        RuntimeError: When another process asks this annotator.
    """
    system = system_text(taxonomy)
    asked = word_questions(
        questions, system=system, model=_identity(annotator), hint=annotator.hint, max_chars=annotator.max_chars
    )
    path = Path(workplace.runtime["work"]) / "taxonomy_map" / f"{annotator.name}.jsonl"
    with open_journal(path) as journal:
        done = read_answers(journal)
        if missing := sum(a.key not in done for a in asked):
            log.info("%s: %d of %d questions to ask", annotator.name, missing, len(asked))
            with tqdm(total=missing, desc=annotator.name, unit="question") as bar:

                def keep(answers: Sequence[ModelAnswer]) -> None:
                    append_answers(journal, answers)
                    done.update((answer.key, answer) for answer in answers)
                    bar.update(len(answers))

                _ask_missing(asked, done, annotator, system, workplace, keep)
    return _read_answers([done[a.key] for a in asked], annotator, taxonomy.codes("subcategory"))


def _ask_missing(
    asked: Sequence[Asked],
    done: Mapping[str, ModelAnswer],
    annotator: ModelAnnotator,
    system: str,
    workplace: Workplace,
    keep: Callable[[Sequence[ModelAnswer]], None],
) -> None:
    if isinstance(annotator, LocalAnnotator):
        batches = [b for b in plan_batches(asked, annotator.batch_size) if any(a.key not in done for a in b)]
        for answers in _run_model(batches, annotator, system, workplace):
            keep(answers)
        return
    from proguard.taxonomy_map.endpoint import annotate_by_endpoint

    annotate_by_endpoint(
        [a for a in asked if a.key not in done],
        annotator=annotator,
        system=system,
        images=workplace.images,
        patience=Patience(**workplace.runtime["endpoint"]),
        keep=lambda answer: keep([answer]),
    )


def _run_model(
    batches: Sequence[Sequence[Asked]], annotator: LocalAnnotator, system: str, workplace: Workplace
) -> Iterator[list[ModelAnswer]]:
    runtime = workplace.runtime
    model = LocalModel(
        annotator.kind,
        annotator.model,
        annotator.revision,
        annotator.max_new_tokens,
        annotator.dtype,
        runtime["inference"],
    )
    if runtime["annotators"]["ray"]["address"] is None:
        return annotate_here(batches, model=model, system=system, images=workplace.images)
    cluster = Cluster(**runtime["annotators"]["ray"])
    return annotate_on_ray(batches, model=model, system=system, images=workplace.images.folder, cluster=cluster)


def _identity(annotator: ModelAnnotator) -> dict[str, Any]:
    """Return what of the settings an answer depends on."""
    if isinstance(annotator, LocalAnnotator):
        weights = identify(annotator.model, annotator.revision)
        return {
            "kind": annotator.kind,
            "model": weights,
            "max_new_tokens": annotator.max_new_tokens,
            "dtype": annotator.dtype,
        }
    return {"kind": "endpoint", "model": annotator.model, "request": dict(annotator.request)}


def _read_answers(answers: Sequence[ModelAnswer], annotator: ModelAnnotator, codes: Sequence[str]) -> Annotation:
    said = [None if answer.text is None else parse_answer(answer.text, codes) for answer in answers]
    pairs = zip(answers, said, strict=True)
    votes = [Vote(answer.id, annotator.name, category) for answer, category in pairs if category is not None]
    none, refused = said.count(NO_HOME), sum(answer.text is None for answer in answers)
    prompt = sum(answer.prompt_tokens or 0 for answer in answers)
    completion = sum(answer.completion_tokens or 0 for answer in answers)
    tally = Tally(
        asked=len(answers),
        voted=len(votes) - none,
        none=none,
        malformed=said.count(None) - refused,
        refused=refused,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=_cost(prompt, completion, getattr(annotator, "price", None)),
    )
    return Annotation(votes, tally)


def _cost(prompt: int, completion: int, price: Price | None) -> float | None:
    return None if price is None else round((prompt * price.prompt + completion * price.completion) / 1e6, 6)
