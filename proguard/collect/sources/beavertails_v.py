"""BeaverTails-V: risky questions about images, each with answers that people labelled.

The hub has held three schemas under this name and its kin. The current one has an answer per row, so a question comes
in two rows or more, which one group keeps together. Questions have no label: all are unsafe by construction, which the
paper's evaluation confirms. Each category is a config, and its folder names the category.
Source: hub PKU-Alignment/BeaverTails-V, ``data/<category>``; arXiv 2503.17682.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from proguard.collect.item import Found, Item, Rejected, image_hash, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, content_hash, make_sample
from proguard.text import normalise_text

SOURCE = "beavertails_v"

COLUMNS = ("question", "image", "category", "image_severity", "response", "is_response_safe")

CATEGORIES = (
    "animal_abuse",
    "dangerous_behavior",
    "deception_in_personal_relationships",
    "discriminatory_depictions",
    "environmental_damage",
    "false_information",
    "financial_and_academic_fraud",
    "hacking_or_digital_crime",
    "harmful_health_content",
    "horror_and_gore",
    "identity_misuse_and_impersonation",
    "insulting_and_harassing_behavior",
    "pornographic_content",
    "privacy_invasion_and_surveillance",
    "psychological_harm_and_manipulation",
    "psychological_horror_and_dark_themes",
    "sensitive_information_in_key_areas",
    "sexual_crimes",
    "terrorism_or_extremism",
    "violence_and_physical_harm",
)

LABELS: Mapping[str, Label] = {"yes": "safe", "no": "unsafe"}
"""Label of an answer by ``is_response_safe``."""

PARTS = {"train": "train", "test": "evaluation"}
"""What the file names of a part begin with; there is no test split."""

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], part: Literal["train", "test"]) -> Iterator[Item]:
    """Yield a text_image sample per row of the files of ``part``; source label: the category.

    Raises:
        ValueError: When no file is of the part, a file's folder is none of `CATEGORIES`, or its schema is not the
            current one.
    """
    names = [name for name in files if PurePosixPath(name).name.startswith(PARTS[part])]
    if not names:
        raise ValueError(f"{SOURCE}: expected {PARTS[part]}*.parquet (read.part), found {sorted(files)[:3]}")
    for name in names:
        category = PurePosixPath(name).parent.name
        if category not in CATEGORIES:
            raise ValueError(
                f"{SOURCE}: {name}: expected the folder of a category, as {CATEGORIES[0]}; found {category!r}"
            )
    wanted = {name: files[name] for name in names}
    yield from read_items(wanted, source=SOURCE, columns=COLUMNS, parse=parse_record, check=check_schema)


def check_schema(file: str, found: Collection[str]) -> None:
    """Raise `ValueError` when ``found`` are the columns of an older schema; the message says which."""
    if "response_1" in found:
        has_rates = any(column.endswith(("_harmless_rate", "_helpful_rate")) for column in found)
        kind = (
            "preference pairs with rates, as saferlhf-v/BeaverTails-V and PKU-Alignment/PKU-SafeRLHF-V publish"
            if has_rates
            else "preference pairs without rates, as older revisions of PKU-Alignment/BeaverTails-V hold"
        )
        raise ValueError(
            f"{SOURCE}: {file}: expected an answer per row (columns {', '.join(COLUMNS)}), found {kind}; read the "
            "newest revision of PKU-Alignment/BeaverTails-V (hub, revision)"
        )


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row; the folder of ``file`` is its category."""
    question, response, image = (record[column] for column in ("question", "response", "image"))
    for column, text in (("question", question), ("response", response)):
        if fault := text_fault(text):
            return Rejected(file, row, fault, column)
    verdict = record["is_response_safe"]
    if verdict not in LABELS:
        return Rejected(file, row, "unknown label", f"is_response_safe {verdict!r}")
    if not isinstance(image, dict) or not isinstance(image.get("bytes"), bytes):
        return Rejected(file, row, "missing image", "image holds no bytes")
    sample = make_sample(
        source=SOURCE,
        modality="text_image",
        request=question,
        response=response,
        image=image_hash(image["bytes"]),
        request_label="unsafe",
        response_label=LABELS[verdict],
        source_label=PurePosixPath(file).parent.name,
        group=content_hash(normalise_text(question)),
    )
    return Found(file, row, sample, image["bytes"])
