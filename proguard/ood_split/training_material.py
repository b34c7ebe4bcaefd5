"""What the training rows can and cannot teach: rows by category, modality and label, and where there are too few."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import polars as pl

from proguard.sample import LABELS, MODALITIES
from proguard.taxonomy import Level, Taxonomy

FEWEST_ROWS = 10
"""Training rows of a category below which the summary warns."""

_PLURALS: dict[Level, str] = {"category": "categories", "subcategory": "subcategories"}


def report_training(rows: pl.DataFrame, taxonomy: Taxonomy, *, novel: Collection[str]) -> dict[str, Any]:
    """Return the counts of the training rows, and a warning for each of what they can hardly teach.

    A row counts for its subcategory and for the category of it. Modalities without any row are left out of the second
    count and named in a warning.

    Args:
        rows: Training rows, with ``modality``, ``label`` and ``category``, the code of an unsafe row.
        taxonomy: Lists every category.
        novel: Categories that training leaves out on purpose; they and their subcategories are not warned of.
    """
    by_label = dict.fromkeys((f"{m} {label}" for m in MODALITIES for label in LABELS), 0)
    by_label |= {f"{m} {label}": n for m, label, n in rows.group_by("modality", "label").len().iter_rows()}
    by_category: dict[str, dict[str, int]] = {node.code: {} for node in taxonomy}
    counted = rows.drop_nulls("category").group_by("category", "modality").len().sort("category", "modality")
    for code, modality, n in counted.iter_rows():
        for each in {code, taxonomy.category_of(code)}:
            by_category[each][modality] = by_category[each].get(modality, 0) + n
    return {
        "by_modality_and_label": by_label,
        "by_category_and_modality": by_category,
        "warnings": [*_find_onesided(by_label), *_find_scarce(by_category, taxonomy, novel)],
    }


def _find_onesided(by_label: Mapping[str, int]) -> Iterator[str]:
    for modality in MODALITIES:
        absent = [label for label in LABELS if not by_label[f"{modality} {label}"]]
        if len(absent) == len(LABELS):
            yield f"no training row of modality {modality}: the guard learns nothing about it"
        elif absent:
            other = next(label for label in LABELS if label not in absent)
            yield (
                f"no {absent[0]} training row of modality {modality}: the guard can learn to call all of it {other}; "
                "add a source that has some"
            )


def _find_scarce(
    by_category: Mapping[str, Mapping[str, int]], taxonomy: Taxonomy, novel: Collection[str]
) -> Iterator[str]:
    totals = {code: sum(n.values()) for code, n in by_category.items() if taxonomy.category_of(code) not in novel}
    for level, plural in _PLURALS.items():
        counted = {code: totals[code] for code in taxonomy.codes(level) if code in totals}
        scarce = [f"{code} {n}" for code, n in counted.items() if n < FEWEST_ROWS]
        if scarce:
            yield f"{plural} with fewer than {FEWEST_ROWS} training rows, hardly learnt: {', '.join(scarce)}"
