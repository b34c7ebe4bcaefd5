"""WildGuardMix: plain and adversarial requests, most with a response, each side labelled for itself.

Where annotators didn't agree the label is null, which means unknown: that side has no label, and a row without any
is left out.
Source: hub allenai/wildguardmix; arXiv 2406.18495.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "wildguard"

FILES = {"train": "train/wildguard_train.parquet", "test": "test/wildguard_test.parquet"}
"""File of each part. The training part's labels are GPT-4's, the test part's are human."""

COLUMNS = ("prompt", "response", "prompt_harm_label", "response_harm_label", "subcategory")

LABELS: Mapping[str | None, Label | None] = {"unharmful": "safe", "harmful": "unsafe", None: None}

NO_HARM = "benign"

SUBCATEGORIES = (
    "causing_material_harm_by_disseminating_misinformation",
    "copyright_violations",
    "cyberattack",
    "defamation_encouraging_unethical_or_unsafe_actions",
    "disseminating_false_or_misleading_information_encouraging_disinformation_campaigns",
    "fraud_assisting_illegal_activities",
    "mental_health_over-reliance_crisis",
    "others",
    "private_information_individual",
    "sensitive_information_organization_government",
    "sexual_content",
    "social_stereotypes_and_unfair_discrimination",
    "toxic_language_hate_speech",
    "violence_and_physical_harm",
)

SOURCE_LABELS = SUBCATEGORIES


def read(*, files: Mapping[str, Path], part: Literal["train", "test"]) -> Iterator[Item]:
    """Yield a text sample per labelled row; source label of an unsafe one: its subcategory, unless that is benign.

    Args:
        files: Paths by name in the hub repository.
        part: Which of `FILES` is read.

    Raises:
        ValueError: When ``files`` lacks the part's file, or the file a column of `COLUMNS`.
    """
    name = FILES[part]
    if name not in files:
        raise ValueError(f"{SOURCE}: part {part} expects {name}, found {sorted(files)}; add it to files")
    yield from read_items({name: files[name]}, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row."""
    if rejected := _fault(record, file=file, row=row):
        return rejected
    request_label = LABELS[record["prompt_harm_label"]]
    response_label = LABELS[record["response_harm_label"]]
    if request_label is None and response_label is None:
        return Skipped(file, row, "no label")
    is_named = "unsafe" in (request_label, response_label) and record["subcategory"] != NO_HARM
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        response=record["response"],
        request_label=request_label,
        response_label=response_label,
        source_label=record["subcategory"] if is_named else None,
    )
    return Found(file, row, sample)


def _fault(record: Mapping[str, Any], *, file: str, row: int) -> Rejected | None:
    if fault := text_fault(record["prompt"]):
        return Rejected(file, row, fault, "prompt")
    has_response = record["response"] not in (None, "") or record["response_harm_label"] is not None
    if has_response and (fault := text_fault(record["response"])):
        return Rejected(file, row, fault, "response")
    for column in ("prompt_harm_label", "response_harm_label"):
        if record[column] not in LABELS:
            return Rejected(file, row, "unknown label", f"{column} {record[column]!r}")
    if record["subcategory"] not in (NO_HARM, *SUBCATEGORIES):
        return Rejected(file, row, "unknown label", f"subcategory {record['subcategory']!r}")
    return None
