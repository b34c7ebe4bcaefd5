"""The training rows, as the report counts them, and what they can hardly teach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proguard.evaluate.report.headline import MODALITY_NAMES
from proguard.sample import LABELS, MODALITIES
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class CountLine:
    """Training rows of a modality or of a category."""

    title: str
    counts: tuple[int, ...]
    """By label for a modality; by modality, then all, for a category."""

    is_category: bool = False
    """Whether it is a category and no subcategory, as one in bold is."""


@dataclass(frozen=True, slots=True)
class TrainingMaterial:
    """Everything that the section on the training rows says."""

    warnings: Sequence[str]
    labels: Sequence[str]
    modalities: Sequence[str]
    by_modality: tuple[CountLine, ...]
    by_category: tuple[CountLine, ...]


def describe_training(training: Mapping[str, Any], taxonomy: Taxonomy) -> TrainingMaterial:
    """Return the section on the training rows.

    Args:
        training: What `proguard.ood_split.training_material.report_training` returns.
        taxonomy: Names the categories, in its order.
    """
    by_label, by_category = training["by_modality_and_label"], training["by_category_and_modality"]
    modalities = [CountLine(MODALITY_NAMES[m], tuple(by_label[f"{m} {label}"] for label in LABELS)) for m in MODALITIES]
    categories = []
    for node in taxonomy:
        counts = tuple(by_category[node.code].get(m, 0) for m in MODALITIES)
        title = f"{node.code} {node.name}"
        categories.append(CountLine(title, (*counts, sum(counts)), is_category=node.level == "category"))
    return TrainingMaterial(
        warnings=training["warnings"],
        labels=LABELS,
        modalities=[MODALITY_NAMES[m] for m in MODALITIES],
        by_modality=tuple(modalities),
        by_category=tuple(categories),
    )
