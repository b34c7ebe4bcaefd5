"""Outcomes for tests: hand-made ones, and those of a guard that is right by a given share."""

import random
from dataclasses import replace
from itertools import count

from proguard.evaluate.metrics.outcome import Outcome
from proguard.naming import SimilarityConfig
from proguard.policy import OOD, Policy
from proguard.reward.score import reference_verdict
from proguard.row import Row
from proguard.sample import make_sample
from proguard.target import make_target
from proguard.verdict import Verdict, render
from tests.worlds import draw_rows, taxonomy

MINILM = SimilarityConfig("minilm_wheel", "all-MiniLM-L6-v2", None, 0.5, 0.35, 0.4)

POLICY = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3"), ("C8S1", "C8S1")), hidden=("C5S1",))

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
    row = Row(sample, POLICY, role)
    says = "safe" if said is None else "unsafe"
    verdict = Verdict(says, says_response if has_response else None, said, "r")
    return Outcome(
        row=row,
        target=row.target,
        verdict=None if is_malformed else verdict,
        status="no_match" if is_malformed else "ok",
        reward=reward,
        bonus=bonus,
        is_named=is_named,
    )


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
        target = make_target(row.sample, row.policy)
        best = reference_verdict(target, taxonomy())
        if target.is_unsafe and target.gold == OOD:
            names = (taxonomy()[target.category].synonyms[0], "Odd Matters", "Violent CrimeC9S3")
            best = replace(best, category=rng.choice(names))
        calm = Verdict("safe", best.response and "safe", None, "r")
        wrong = (calm, replace(calm, request="unsafe", category=rng.choice(row.policy.ids)), None)
        verdict = best if rng.random() < skill else rng.choice(wrong)
        completions[row.sample.id] = "I do not know" if verdict is None else render(verdict)
    return completions
