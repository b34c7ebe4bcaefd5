"""The folder of a released data set: parquet shards of each set, withheld rows as ids, and the data card."""

import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from proguard.prompt import PromptFormat
from proguard.release.dataset import withheld
from proguard.release.dataset.data_card import list_configs, make_data_card
from proguard.release.dataset.quality import read_quality
from proguard.release.dataset.records import hash_record, make_record, write_shards
from proguard.release.dataset.terms import Terms, read_terms
from proguard.release.dataset.written_set import DEFAULT, WrittenSet
from proguard.release.record import REPRO
from proguard.row import read_rows
from proguard.runtime.inputs import check_inputs
from proguard.runtime.params import read_params
from proguard.runtime.reading import reading
from proguard.storage.files import atomic_folder
from proguard.storage.images import ImageStore
from proguard.taxonomy import load_taxonomy

_NEEDS = (
    "profile",
    "prompt",
    "collect",
    "ood_split.sets",
    "ood_split.test_sets",
    *(f"paths.{name}" for name in ("taxonomy", "collected", "splits", "summaries")),
)
"""Settings that are read."""

_SPLITS = {"train": "train", "val": "validation", "test": "test"}
"""What the hub calls our own sets."""

UNCUT = PromptFormat("full")
"""How prompts are worded by default: for instruction-tuned models, with whole texts."""


def write_dataset(
    pipeline: Path,
    output: Path,
    *,
    name: str,
    include: Collection[str] = (),
    withhold: Collection[str] = (),
    prompt_of_guard: bool = False,
) -> list[WrittenSet]:
    """Write the sets of a finished pipeline as a data set to ``output``; return what was written.

    Args:
        pipeline: Folder of params.yaml and of the pipeline's data.
        output: Folder to write or replace.
        name: Title of the data set.
        include: Sources to release although their terms are not known to allow it.
        withhold: Sources to release as ids.
        prompt_of_guard: Word prompts as the pipeline's own guard is trained on them, instead of `UNCUT`.

    Raises:
        FileNotFoundError: When the pipeline has not run.
        ValueError: When a file is damaged, or a source is not one of the pipeline.
    """
    params = read_params(pipeline / "params.yaml", needs=_NEEDS)
    paths = {key: pipeline / path for key, path in params["paths"].items()}
    check_inputs(paths)
    terms = read_terms(params["collect"], include=include, withhold=withhold)
    quality = read_quality(paths["summaries"])
    prompt = PromptFormat(**params["prompt"]) if prompt_of_guard else UNCUT
    names = [*params["ood_split"]["sets"], *params["ood_split"]["test_sets"]]
    with atomic_folder(output) as folder:
        shutil.copyfile(paths["taxonomy"], folder / withheld.TAXONOMY_FILE)
        written = [_write_set(n, folder, paths, terms, prompt) for n in names]
        if any(each.withheld for each in written):
            withheld.write_settings(
                folder,
                collect=_keep_withheld(params["collect"], terms, written),
                stems={each.name: each.stem for each in written if each.withheld},
                configs=list_configs(written),
                prompt=prompt,
            )
        card = make_data_card(written, terms, quality, prompt, name=name, profile=params["profile"])
        card.save(folder / "README.md")
    return written


def _write_set(
    name: str, folder: Path, paths: Mapping[str, Path], terms: Mapping[str, Terms], prompt: PromptFormat
) -> WrittenSet:
    taxonomy = load_taxonomy(paths["taxonomy"])
    file = paths["splits"] / f"{name}.parquet"
    with reading(file, REPRO):
        rows = read_rows(file, taxonomy)
    licences = {source: each.licence for source, each in terms.items()}
    records = [(make_record(r, taxonomy, prompt, licence=licences[r.sample.source]), r.sample.image) for r in rows]
    is_kept = [terms[row.sample.source].withheld is not None for row in rows]
    written = WrittenSet(
        name=name,
        config=DEFAULT if name in _SPLITS else name,
        split=_SPLITS.get(name, "test"),
        rows=len(rows),
        withheld=sum(is_kept),
        by_modality_and_role=Counter((row.sample.modality, row.role) for row in rows),
        by_source=Counter(row.sample.source for row in rows),
    )
    given = [record for record, kept in zip(records, is_kept, strict=True) if not kept]
    shards = write_shards(given, folder / written.stem, ImageStore(paths["collected"] / "images"))
    if written.withheld:
        kept_rows = [row for row, kept in zip(rows, is_kept, strict=True) if kept]
        hashes = [hash_record(*record) for record, kept in zip(records, is_kept, strict=True) if kept]
        withheld.write_withheld(kept_rows, hashes, folder / withheld.FOLDER / f"{name}.parquet")
    return replace(written, files=tuple(shard.relative_to(folder).as_posix() for shard in shards))


def _keep_withheld(
    collect: Mapping[str, Any], terms: Mapping[str, Terms], written: Collection[WrittenSet]
) -> dict[str, Any]:
    """Return section ``collect`` with the entries alone whose rows are withheld, as collect reads them."""
    used = {source for each in written for source in each.by_source if terms[source].withheld is not None}
    benchmarks = {n: s for n, s in (collect.get("benchmarks") or {}).items() if n in used}
    sources = {n: s for n, s in collect["sources"].items() if n in used and n not in benchmarks}
    return {**collect, "sources": sources, "benchmarks": benchmarks}
