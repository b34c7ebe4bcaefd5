"""Rows that may not be given on: written as ids with what this project added, and rebuilt from their sources."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from huggingface_hub import DatasetCard

from proguard.collect.files.editions import Access
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.policy import Policy
from proguard.prompt import PromptFormat
from proguard.release.dataset.records import hash_record, make_record, write_shards
from proguard.row import Row, make_row
from proguard.sample import Sample, read_samples
from proguard.storage.files import read_json, write_json, write_table
from proguard.storage.images import ImageStore
from proguard.storage.stand_in import check_data
from proguard.taxonomy import Taxonomy, load_taxonomy

FOLDER = "withheld"
SETTINGS_FILE = "rebuild.json"
SCRIPT_FILE = "rebuild.py"
TAXONOMY_FILE = "taxonomy.yaml"

SCHEMA = {name: pl.String() for name in ("id", "source", "category", "policy", "role", "sha256")}
"""``sha256`` is that of the whole row, so that a rebuilt one is known to be the same."""

SCRIPT = '''\
"""Add the rows that this data set has only the ids of: reads their sources, whose terms you accept by that.

    python rebuild.py                  downloads; HF_TOKEN opens what is gated
    python rebuild.py --mirror FOLDER  reads copies of the sources, a folder per source

Needs the library `proguard`. The rows are added to the folder, so that `datasets.load_dataset` gives them too.
"""

from pathlib import Path

from proguard.release.dataset.rebuild import main

if __name__ == "__main__":
    main(Path(__file__).parent)
'''


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of the withheld rows of one set."""

    rows: int
    missing: int
    """Rows that the sources no longer have."""

    changed: int
    """Rows whose labels or texts are others now; they are left out."""


def write_withheld(rows: Sequence[Row], hashes: Sequence[str], path: Path) -> None:
    """Write rows as ids, each with its category, policy, role and the hash of its record."""
    table = [
        (r.sample.id, r.sample.source, r.sample.category, r.policy.to_json(), r.role, sha)
        for r, sha in zip(rows, hashes, strict=True)
    ]
    write_table(pl.DataFrame(table, schema=SCHEMA, orient="row"), path)


def write_settings(
    folder: Path,
    *,
    collect: Mapping[str, Any],
    stems: Mapping[str, str],
    configs: Sequence[Mapping[str, Any]],
    prompt: PromptFormat,
) -> None:
    """Write what a rebuild needs to know, and its script.

    Args:
        collect: Section ``collect`` of the parameters, with the withheld sources and benchmarks alone.
        stems: Path of each set's files without their numbers, by set.
        configs: Configurations of the data card once all rows are there.
        prompt: How the messages are worded.
    """
    settings = {"collect": collect, "stems": stems, "configs": configs, "prompt": asdict(prompt)}
    write_json(settings, folder / SETTINGS_FILE)
    (folder / SCRIPT_FILE).write_text(SCRIPT, encoding="utf-8")


def rebuild_rows(folder: Path, access: Access) -> dict[str, Rebuilt]:
    """Add the withheld rows to the data set in ``folder``; return what became of them, by set.

    A row counts as rebuilt when its hash is the recorded one: text, image, labels, policy and prompt.

    Raises:
        FileNotFoundError, PermissionError, ConnectionError, ValueError: As `collect_sources`.
    """
    for name in (SETTINGS_FILE, TAXONOMY_FILE):
        check_data(str(folder / name), folder / name)
    settings = read_json(folder / SETTINGS_FILE)
    collect, taxonomy = settings["collect"], load_taxonomy(folder / TAXONOMY_FILE)
    limits = Limits(**{key: collect[key] for key in ("max_pixels", "max_bad_share", "max_dead_share")})
    with tempfile.TemporaryDirectory(dir=folder) as work:
        collect_sources(
            collect["sources"],
            collect["benchmarks"],
            folder=Path(work),
            access=access,
            web=WebImages(cache=access.cache, offline=access.offline, **collect["web"]),
            limits=limits,
            workers=os.cpu_count() or 1,
        )
        licences = {n: s["licence"] for n, s in {**collect["sources"], **collect["benchmarks"]}.items()}
        samples = {sample.id: sample for sample in read_samples(Path(work) / "samples.parquet")}
        images, done = ImageStore(Path(work) / "images"), {}
        for name, stem in settings["stems"].items():
            wanted = pl.read_parquet(folder / FOLDER / f"{name}.parquet")
            found = [
                (_make_row(samples[w["id"]], w, taxonomy), w["sha256"])
                for w in wanted.iter_rows(named=True)
                if w["id"] in samples
            ]
            records = [_check(row, sha, taxonomy, PromptFormat(**settings["prompt"]), licences) for row, sha in found]
            same = [record for record in records if record is not None]
            write_shards(same, folder / f"{stem}-rebuilt", images)
            done[name] = Rebuilt(len(same), len(wanted) - len(found), len(found) - len(same))
    card = DatasetCard.load(folder / "README.md")
    card.data["configs"] = settings["configs"]
    card.save(folder / "README.md")
    return done


def _make_row(sample: Sample, wanted: Mapping[str, Any], taxonomy: Taxonomy) -> Row:
    mapped = replace(sample, category=wanted["category"])
    return make_row(mapped, Policy.from_json(wanted["policy"]), wanted["role"], taxonomy)


def _check(
    row: Row, sha256: str, taxonomy: Taxonomy, prompt: PromptFormat, licences: Mapping[str, str]
) -> tuple[dict[str, Any], str | None] | None:
    """Return the record of a row and its image's hash; ``None`` when it is not the row that was withheld."""
    record = make_record(row, taxonomy, prompt, licence=licences[row.sample.source])
    return (record, row.sample.image) if hash_record(record, row.sample.image) == sha256 else None
