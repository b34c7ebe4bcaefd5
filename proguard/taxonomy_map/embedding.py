"""The embedding annotator: the category whose name, description and synonyms a text is nearest to on average.

How often it is right: docs/annotation.md. The classifier annotator is right more often; this one needs no other texts
than the taxonomy's.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from proguard.naming import NameBank
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question import Question, with_text
from proguard.taxonomy_map.vote import Vote

MARGIN = 0.001
"""Smallest lead of the nearest category that is a vote: the last digits of a cosine differ between machines."""

BATCH_SIZE = 256
"""Texts between two updates of the progress bar."""


def vote_by_embedding(questions: Sequence[Question], *, bank: NameBank, threshold: float, name: str) -> Iterator[Vote]:
    """Yield a vote for each question whose text comes near enough to one of its candidates.

    Where the label may also have no home, a candidate gets the vote only when no other subcategory is nearer.

    Args:
        threshold: Lowest mean cosine that is a vote, in [0, 1].
        name: Name of the annotator.
    """
    asked = with_text(questions)
    subcategories = bank.taxonomy.codes("subcategory")
    codes = sorted({*subcategories, *(code for q, _ in asked for code in q.meaning.candidates)})
    nearness = measure_nearness(sorted({text for _, text in asked}), codes, bank)
    for question, text in asked:
        by_code = dict(zip(codes, nearness[text], strict=True))
        rivals = competitors(question.meaning, subcategories)
        best, *others = sorted(rivals, key=lambda code: by_code[code], reverse=True)
        is_close = bool(others) and by_code[best] - by_code[others[0]] < MARGIN
        if by_code[best] >= threshold and not is_close and not is_no_home(best, question.meaning):
            yield Vote(question.id, name, best)


def measure_nearness(texts: Sequence[str], codes: Sequence[str], bank: NameBank) -> dict[str, np.ndarray]:
    """Return, by text, the mean cosine with the bank of each code: ``(len(codes),)``, rounded to 4 decimals.

    Args:
        texts: Different ones; each is embedded once.
    """
    banks = [bank.embed(bank_texts(code, bank)).mean(axis=0) for code in codes]
    centres = np.stack(banks)
    nearness: dict[str, np.ndarray] = {}
    with tqdm(total=len(texts), desc="embed", unit="text", disable=not texts) as progress:
        for start in range(0, len(texts), BATCH_SIZE):
            batch = texts[start : start + BATCH_SIZE]
            cosines = (bank.embed(batch) @ centres.T).round(4).astype(float)
            nearness.update(zip(batch, cosines, strict=True))
            progress.update(len(batch))
    return nearness


def bank_texts(code: str, bank: NameBank) -> list[str]:
    """Return all that the taxonomy says about a code: name, description, synonyms."""
    node = bank.taxonomy[code]
    return [node.name, node.description, *node.synonyms]


def competitors(meaning: Meaning, subcategories: Sequence[str]) -> Sequence[str]:
    """Return the codes to choose from: all of them when the label fixes one, so that agreement means something."""
    if meaning.target is not None or meaning.may_be_none:
        return list(dict.fromkeys([*meaning.candidates, *subcategories]))
    return meaning.candidates


def is_no_home(best: str, meaning: Meaning) -> bool:
    """Return whether a label that may have no home has none, as ``best`` is nearer than what it may mean."""
    return meaning.may_be_none and best not in meaning.candidates
