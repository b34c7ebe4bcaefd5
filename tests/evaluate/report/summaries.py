"""Summaries of stages leakage and ood_split, as the report gets them."""

from typing import Any

from proguard.sample import LABELS, MODALITIES
from proguard.taxonomy import Taxonomy


def make_training(taxonomy: Taxonomy, *, warnings: tuple[str, ...] = (), **counts: dict[str, int]) -> dict[str, Any]:
    """Return what ood_split says about five training rows of each modality and label, and ``counts`` by code."""
    by_label = {f"{m} {label}": 5 for m in MODALITIES for label in LABELS}
    by_category = {node.code: counts.get(node.code, {}) for node in taxonomy}
    return {"by_modality_and_label": by_label, "by_category_and_modality": by_category, "warnings": list(warnings)}


EMPTY = {
    "rows": {"ours": 900},
    "tested": [],
    "components": 900,
    "largest_component": 1,
    "near_text_pairs": 0,
    "near_image_pairs": 0,
    "pairs": [],
    "dropped": {},
    "dropped_rows": 0,
}

FOUND = EMPTY | {
    "rows": {"bench": 40, "ours": 900, "ours (test)": 100, "theirs": 50},
    "tested": ["bench", "ours (test)"],
    "components": 950,
    "largest_component": 20,
    "pairs": [
        {"sets": ["bench", "ours"], "kind": "exact_text", "rows": [1, 3], "examples": [["0b", "0a"], ["0b", "1a"]]},
        {"sets": ["ours", "ours (test)"], "kind": "near_text", "rows": [4, 5], "examples": [["2a", "0c"]]},
        {"sets": ["ours", "theirs"], "kind": "exact_image", "rows": [6, 7], "examples": [["3a", "0d"]]},
        {"sets": ["theirs", "theirs"], "kind": "near_image", "rows": [20, 20], "examples": [["1d", "2d"]]},
    ],
    "dropped": {"ours": {"bench": 3}},
    "dropped_rows": 3,
}
