"""Outcomes for tests: hand-made ones, and those of a guard that is right by a given share."""

import random
from dataclasses import replace
from itertools import count
from pathlib import Path

from proguard.evaluate.metrics.outcome import Outcome
from proguard.guards.own import ASK, Own
from proguard.ids import looks_like_id
from proguard.inference.engine import Completion
from proguard.naming import SimilarityConfig
from proguard.policy import OOD, Policy
from proguard.predict.run import read_all
from proguard.prompt import PromptFormat
from proguard.readings.reading import NOT_ASKED, Reading, SideReading
from proguard.readings.table import Prediction, prediction_table
from proguard.reward.score import reference_verdict
from proguard.row import Row, make_row
from proguard.sample import make_sample
from proguard.storage.files import write_table
from proguard.verdict import Verdict, render
from tests.worlds import draw_rows, taxonomy

MINILM = SimilarityConfig("minilm_wheel", "all-MiniLM-L6-v2", None, 0.5, 0.35, 0.4)

POLICY = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3"), ("C8S1", "C8S1")), hidden=("C5S1",))

OWN = Own(PromptFormat("full"))

_numbers = count()


def make_outcome(
    said: str | None,
    *,
    category: str | None = "C7S2",
    request: str | None = "unsafe",
    response: str | None = "safe",
    says_response: str = "safe",
    role: str = "shown",
    is_malformed: bool = False,
    is_named: bool = False,
    bonus: float = 0.0,
    reward: float = 0.0,
    modality: str = "text",
    has_response: bool = True,
    group: str | None = None,
    source: str = "mini_world",
) -> Outcome:
    """Return the outcome of an answer whose category is ``said``; ``None`` says that the request is safe."""
    is_image = modality == "image"
    has_response = has_response and not is_image
    sample = make_sample(
        source=source,
        modality=modality,
        request=None if is_image else f"request {next(_numbers)}",
        response="an answer" if has_response else None,
        image=None if modality == "text" else f"{next(_numbers):064d}",
        request_label=request,
        response_label=response if has_response else None,
        category=category,
        group=group,
    )
    row = make_row(sample, POLICY, role, taxonomy())
    says = "safe" if said is None else "unsafe"
    labels = (says, says_response if sample.has_response else None)
    return Outcome(
        row=row,
        target=row.target,
        reading=unread(sample.has_response) if is_malformed else read(labels, said),
        reward=reward,
        bonus=bonus,
        is_named=is_named,
        taxonomy=taxonomy(),
    )


def read(labels: tuple[str, str | None], said: str | None) -> Reading:
    """Return the reading of a verdict under `POLICY`."""
    request, response = (NOT_ASKED if label is None else SideReading("ok", label) for label in labels)
    code = POLICY.code_of(said)
    name = None if said is None or looks_like_id(said, frozenset(POLICY.ids)) else said
    return Reading(request, response, said, code, () if code is None else (code,), name, reads_policy=True)


def unread(has_response: bool) -> Reading:
    """Return the reading of a completion that breaks the format."""
    side = SideReading("unread")
    return Reading(side, side if has_response else NOT_ASKED, codes=(), reads_policy=True, detail="no_match")


def draw_test_rows(n: int, *, seed: int = 0) -> tuple[list[Row], dict[str, bytes]]:
    """Return rows with shown, hidden, novel and safe ones, each sample once, and their images."""
    rows, images = draw_rows(n, split="test", seed=seed)
    unique = {row.sample.id: row for row in rows}.values()
    novel = [
        replace(r, role="novel") if r.role == "hidden" and r.sample.category[:2] in ("C5", "C9") else r for r in unique
    ]
    return sorted(novel, key=lambda r: r.sample.id), images


def answer(rows: list[Row], *, skill: float, seed: int = 0) -> dict[str, str]:
    """Return completions by id: the best answer with probability ``skill``, else one of several wrong ones."""
    rng = random.Random(seed)
    completions = {}
    for row in rows:
        target = row.target
        best = reference_verdict(target, taxonomy())
        if target.is_unsafe and target.gold == OOD:
            names = (taxonomy()[target.category].synonyms[0], "Odd Matters", "Violent CrimeC9S3")
            best = replace(best, category=rng.choice(names))
        calm = Verdict("safe", best.response and "safe", None, "r")
        wrong = (calm, replace(calm, request="unsafe", category=rng.choice(row.policy.ids)), None)
        verdict = best if rng.random() < skill else rng.choice(wrong)
        completions[row.sample.id] = "I do not know" if verdict is None else render(verdict)
    return completions


def predict(rows: list[Row], completions: dict[str, str]) -> dict[str, Prediction]:
    """Return what our own guard's completions read as."""
    return {
        row.sample.id: Prediction(
            "own", OWN.read(row, {ASK: Completion(completions[row.sample.id])}), {ASK: completions[row.sample.id]}
        )
        for row in rows
    }


def write_predictions(path: Path, rows: list[Row], completions: dict[str, str]) -> None:
    """Write the file that the stage predict makes of our own guard's completions."""
    answers = {id_: {ASK: Completion(text)} for id_, text in completions.items()}
    write_table(prediction_table("own", read_all(rows, OWN, answers), answers), path)
