"""A row as a record of the data set, and its parquet shards.

The record has what each trainer asks for: ``messages``, ``images``, ``data_source`` and ``reward_model`` (verl),
``problem`` and ``ground_truth`` (EasyR1); for TRL the card gives a mapping of ``messages``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from datasets import Dataset, Features, Image, List, Value

from proguard.prompt import PromptFormat, render_prompt
from proguard.rl_train.rows import DATA_SOURCE, truth_to_json
from proguard.row import Row
from proguard.storage.images import ImageStore
from proguard.taxonomy import Taxonomy

ROWS_PER_SHARD = 2000
"""Rows of a file: 200 MB with images of 100 KB, which a reader holds in memory."""

_TEXT = Value("string")

FEATURES = Features(
    {
        "id": _TEXT,
        "source": _TEXT,
        "licence": _TEXT,
        "modality": _TEXT,
        "role": _TEXT,
        "request": _TEXT,
        "response": _TEXT,
        "request_label": _TEXT,
        "response_label": _TEXT,
        "category": _TEXT,
        "gold": _TEXT,
        "messages": List({"role": _TEXT, "content": _TEXT}),
        "images": List(Image()),
        "problem": _TEXT,
        "ground_truth": _TEXT,
        "data_source": _TEXT,
        "reward_model": {"style": _TEXT, "ground_truth": _TEXT},
    }
)


def make_record(row: Row, taxonomy: Taxonomy, prompt: PromptFormat, *, licence: str) -> dict[str, Any]:
    """Return the record of a row, all but its images."""
    sample, messages, target = row.sample, render_prompt(row.sample, row.policy, taxonomy, prompt), row.target
    ground_truth = truth_to_json(row)
    return {
        "id": sample.id,
        "source": sample.source,
        "licence": licence,
        "modality": sample.modality,
        "role": row.role,
        "request": sample.request,
        "response": sample.response,
        "request_label": sample.request_label,
        "response_label": sample.response_label,
        "category": sample.category,
        "gold": target.gold,
        "messages": messages,
        "problem": "\n\n".join(message["content"] for message in messages),
        "ground_truth": ground_truth,
        "data_source": DATA_SOURCE,
        "reward_model": {"style": "rule", "ground_truth": ground_truth},
    }


def hash_record(record: Mapping[str, Any], image: str | None) -> str:
    """Return the SHA-256 of a record and the hash of its image."""
    return hashlib.sha256(json.dumps([record, image], sort_keys=True).encode()).hexdigest()


def write_shards(records: Sequence[tuple[Mapping[str, Any], str | None]], stem: Path, images: ImageStore) -> list[Path]:
    """Write records, each with the hash of its image, as ``<stem>-00000-of-00001.parquet`` and so on; return the files.

    They are written in the order of the image shards, so that each of these is read about once.
    """
    places = {sha: place for place, sha in enumerate(_list_images(images.folder))}
    ordered = sorted(records, key=lambda r: (places[r[1]] if r[1] else -1, r[0]["id"]))
    starts = range(0, len(ordered), ROWS_PER_SHARD)
    if records:
        stem.parent.mkdir(parents=True, exist_ok=True)
    files = []
    for number, start in enumerate(starts):
        part = ordered[start : start + ROWS_PER_SHARD]
        content = images.read(sha for _, sha in part if sha)
        full = [{**record, "images": [{"bytes": content[sha], "path": None}] if sha else []} for record, sha in part]
        columns = {name: [record[name] for record in full] for name in FEATURES}
        file = stem.with_name(f"{stem.name}-{number:05}-of-{len(starts):05}.parquet")
        Dataset.from_dict(columns, features=FEATURES).to_parquet(file)
        files.append(file)
    return files


def _list_images(folder: Path) -> list[str]:
    shards = sorted(folder.glob("images-*.parquet"))
    return [sha for shard in shards for sha in pq.read_table(shard, columns=["sha256"])["sha256"].to_pylist()]
