"""How often annotators are right, where a source's label fixes the category; and which fixed labels they contradict.

The label is the gold here, so the label map's own votes are left out. A vote for ``none`` is a vote, and wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sklearn.metrics import cohen_kappa_score

from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.question import Question
from proguard.taxonomy_map.vote import LABEL_MAP, Vote

MIN_VOTES = 10
"""Fewest votes on the rows of a label that say something about the label."""

Pair = tuple[str, str | None]
"""What the label fixes, and the vote; ``None`` when the annotator abstains."""


def measure_accuracy(
    questions: Iterable[Question], votes: Iterable[Vote], taxonomy: Taxonomy
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return, by source and annotator, how its votes compare with the labels that fix a code.

    ``rows`` have such a label, ``coverage`` of them have a vote. ``exact`` and ``category`` are shares of the votes,
    ``kappa`` is Cohen's between votes and labels; they are NaN without votes, kappa also when all say the same.
    A label that fixes a category is matched exactly by any of its subcategories.
    """
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    for vote in votes:
        if vote.annotator != LABEL_MAP:
            answers[vote.annotator][vote.id] = vote.category
    by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for question in questions:
        if question.meaning.target is not None:
            by_source[question.sample.source].append((question.id, question.meaning.target))
    return {
        source: {
            name: _measure([(gold, answers[name].get(id_)) for id_, gold in by_source[source]], taxonomy)
            for name in sorted(answers)
        }
        for source in sorted(by_source)
    }


def find_contradicted(questions: Iterable[Question], votes: Iterable[Vote], taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Return the labels whose code more than half of the annotators' votes contradict, by source and label.

    A label with fewer than `MIN_VOTES` votes is left out: they say nothing yet.
    """
    labels = {
        q.id: (q.sample.source, q.sample.source_label, q.meaning.target)
        for q in questions
        if q.sample.source_label is not None and q.meaning.target is not None
    }
    given: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for vote in votes:
        if vote.annotator != LABEL_MAP and vote.id in labels:
            label = labels[vote.id]
            given[label].append(_matches(label[2], vote.category, taxonomy))
    return [
        {"source": source, "label": label, "code": code, "votes": len(right), "against": right.count(False)}
        for (source, label, code), right in sorted(given.items())
        if len(right) >= MIN_VOTES and right.count(False) > len(right) / 2
    ]


def _measure(pairs: Sequence[Pair], taxonomy: Taxonomy) -> dict[str, Any]:
    by_code: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_code[pair[0]].append(pair)
    voted = [pair for pair in pairs if pair[1] is not None]
    seen = [(gold, gold if _matches(gold, vote, taxonomy) else vote) for gold, vote in voted]
    is_constant = len({code for pair in seen for code in pair}) < 2
    kappa = float("nan") if is_constant else cohen_kappa_score(*zip(*seen, strict=True))
    return {
        "rows": len(pairs),
        "votes": len(voted),
        "coverage": _share(len(voted), len(pairs)),
        **_count_right(pairs, taxonomy),
        "kappa": round(float(kappa), 4),
        "by_code": {
            code: {
                "rows": len(by_code[code]),
                "votes": _count_votes(by_code[code]),
                **_count_right(by_code[code], taxonomy),
            }
            for code in sorted(by_code)
        },
    }


def _count_right(pairs: Sequence[Pair], taxonomy: Taxonomy) -> Mapping[str, float]:
    n = _count_votes(pairs)
    exact = sum(_matches(gold, vote, taxonomy) for gold, vote in pairs)
    category = sum(_category(gold, taxonomy) == _category(vote, taxonomy) for gold, vote in pairs)
    return {"exact": _share(exact, n), "category": _share(category, n)}


def _count_votes(pairs: Sequence[Pair]) -> int:
    return sum(vote is not None for _, vote in pairs)


def _matches(gold: str, vote: str | None, taxonomy: Taxonomy) -> bool:
    return vote == gold or gold == _category(vote, taxonomy)


def _category(code: str | None, taxonomy: Taxonomy) -> str | None:
    return taxonomy.category_of(code) if code is not None and code in taxonomy else code


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else float("nan")
