"""The questions: one unsafe sample each, with what its source's label may mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from proguard.carriers import find_carriers
from proguard.sample import Sample
from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.label_map import LabelMaps, Meaning, meaning_of
from proguard.text import normalise_text


@dataclass(frozen=True, slots=True)
class Question:
    """One unsafe sample, as annotators see it."""

    sample: Sample

    text: str | None
    """What is unsafe about it, in words: ``annotation_text`` if there is one; ``None`` when only the image can tell."""

    meaning: Meaning
    """What its source label may mean."""

    annotation_text: str | None = None
    """What its source says in words outside of the sample; ``None`` without such."""

    @property
    def id(self) -> str:
        """Sample id."""
        return self.sample.id


def read_annotation_texts(path: Path | str) -> dict[str, str]:
    """Return the texts that only annotators read, by sample id; none when there is no file, as no source has any."""
    if not Path(path).exists():
        return {}
    return dict(pl.read_parquet(path, columns=["id", "text"]).iter_rows())


def ask(
    samples: Sequence[Sample],
    *,
    label_maps: LabelMaps,
    taxonomy: Taxonomy,
    carrier_images: int,
    annotation_texts: Mapping[str, str],
) -> list[Question]:
    """Return a question for each unsafe sample, in order of id.

    Args:
        carrier_images: A request that comes with more different images than this is no text to judge by.
        annotation_texts: Texts that sources hand to annotators, by sample id.

    Raises:
        ValueError: When a source label has no entry in the label maps.
    """
    carriers = find_carriers(((s.request, s.image) for s in samples), carrier_images=carrier_images)
    unsafe = sorted((s for s in samples if s.is_unsafe), key=lambda s: s.id)
    return [
        Question(
            s,
            annotation_texts.get(s.id) or _unsafe_text(s, carriers),
            meaning_of(s.source_label, s.source, label_maps, taxonomy),
            annotation_texts.get(s.id),
        )
        for s in unsafe
    ]


def with_text(questions: Iterable[Question]) -> list[tuple[Question, str]]:
    """Return the questions that an annotator of texts can answer, with their texts; the label may mean something."""
    return [(question, question.text) for question in questions if question.text and question.meaning.candidates]


def _unsafe_text(sample: Sample, carriers: frozenset[str]) -> str | None:
    sides = ((sample.request, sample.request_label), (sample.response, sample.response_label))
    texts = [text for text, label in sides if text and label == "unsafe"]
    return "\n".join(text for text in texts if not carriers or normalise_text(text) not in carriers) or None
