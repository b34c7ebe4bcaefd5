"""What a run on a world has to have got right, read off the files that its stages wrote."""

from pathlib import Path
from typing import Any

import polars as pl

from proguard.storage.files import read_json

TRAINED, TESTED = ("train", "val"), ("test", "benchmark")


def check_run(world: Path, params: dict[str, Any]) -> dict[str, str]:
    """Return the findings of a run by their name; each says what was found, good or bad.

    Args:
        world: Folder of the world.
        params: Settings that the stages ran with.
    """
    paths = {key: Path(path) for key, path in params["paths"].items()}
    collected = read_json(paths["summaries"] / "collect.json")
    linked = pl.read_parquet(paths["linked"] / "samples.parquet")
    balanced = pl.read_parquet(paths["balanced"] / "samples.parquet")
    sets = {
        name: (wanted["split"], pl.read_parquet(paths["splits"] / f"{name}.parquet"))
        for name, wanted in (params["ood_split"]["sets"] | params["ood_split"]["test_sets"]).items()
    }
    planted = find_planted(pl.read_parquet(world / "planted.parquet"), linked)
    return {
        "rows read": f"{collected['total']['rows']:,}, samples {linked.height:,}",
        "rows in quarantine": f"{pl.read_parquet(paths['collected'] / 'quarantine.parquet').height:,}",
        "safe or mapped, touching nothing": describe_counts(usable(linked)),
        "drawn for training": describe_counts(pool(balanced)),
        "of those safe or mapped": describe_counts(usable(balanced)),
        "rows in sets": ", ".join(f"{name} {rows.height:,}" for name, (_, rows) in sets.items()),
        "images": describe_images(paths),
        "planted duplicates found": ", ".join(describe_recall(planted)),
        "planted rows that touch a benchmark and were drawn": f"{count_drawn(planted, balanced):,}",
        "largest component": f"{linked.group_by('component').len()['len'].max():,} rows",
        "components in two splits": f"{count_shared(sets, linked):,}",
    }


def pool(samples: pl.DataFrame) -> pl.DataFrame:
    """Return the samples that are training material: no benchmark, and no source's own test set."""
    return samples.filter(~pl.col("split").is_in(TESTED).fill_null(value=False))


def usable(samples: pl.DataFrame) -> pl.DataFrame:
    """Return those of `pool` that can be trained on: they duplicate no benchmark, and if unsafe have a category."""
    is_unsafe = pl.any_horizontal(pl.col("request_label", "response_label").eq_missing("unsafe"))
    is_touching = pl.col("touches").is_not_null() if "touches" in samples.columns else pl.lit(value=False)
    return pool(samples).filter(~is_unsafe | pl.col("category").is_not_null(), ~is_touching)


def describe_counts(samples: pl.DataFrame) -> str:
    """Return the number of samples of each modality."""
    counts = samples.group_by("modality").len().sort("modality")
    return ", ".join(f"{modality} {n:,}" for modality, n in counts.iter_rows())


def find_planted(planted: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """Return ``planted`` with ``copy_ids``, the samples that are the copy, and ``is_found``.

    A copy is found when it shares a component with its original, and touches the benchmark that this is from, if any.
    """
    content = {"text": "request", "image": "image"}
    found = []
    for carrier, column in content.items():
        samples = linked.filter(pl.col(column).is_not_null())
        samples = samples.select("source", "id", "component", "touches", content=column)
        originals = samples.group_by("source", "content").agg(original_components=pl.col("component"))
        copies = samples.group_by("source", "content").agg(
            copy_ids=pl.col("id"), copy_components=pl.col("component"), copy_touches=pl.col("touches")
        )
        part = planted.filter(carrier=carrier)
        part = part.join(copies, left_on=["entry", "copy"], right_on=["source", "content"], how="left")
        found.append(part.join(originals, left_on=["origin", "original"], right_on=["source", "content"], how="left"))
    is_linked = pl.col("copy_components").list.set_intersection("original_components").list.len() > 0
    is_marked = pl.col("touches").is_null() | (pl.col("copy_touches").list.drop_nulls().list.len() > 0)
    return pl.concat(found).with_columns(is_found=(is_linked & is_marked).fill_null(value=False))


def describe_recall(planted: pl.DataFrame) -> list[str]:
    """Return, for each kind of copy, how many of the planted ones were found."""
    kinds = planted.group_by("carrier", "kind").agg(n=pl.len(), found=pl.col("is_found").sum()).sort("carrier", "kind")
    return [f"{kind} {carrier} {found} of {n}" for carrier, kind, n, found in kinds.iter_rows()]


def count_drawn(planted: pl.DataFrame, balanced: pl.DataFrame) -> int:
    """Return how many samples of training are planted copies of a benchmark's; 0 is right."""
    copies = planted.filter(pl.col("touches").is_not_null())["copy_ids"].drop_nulls().explode()
    return balanced.filter(pl.col("id").is_in(copies.to_list())).height


def count_shared(sets: dict[str, tuple[str, pl.DataFrame]], linked: pl.DataFrame) -> int:
    """Return how many components stand in more than one of train, val and what is tested; 0 is right."""
    side = {"train": "train", "val": "val", "test": "tested", "benchmark": "tested"}
    rows = pl.concat(table.select("id", side=pl.lit(side[split])) for split, table in sets.values())
    components = rows.join(linked.select("id", "component"), on="id").group_by("component")
    return components.agg(pl.col("side").n_unique()).filter(pl.col("side") > 1).height


def describe_images(paths: dict[str, Path]) -> str:
    """Return how many images were written, how often, and how large what later stages wrote is beside them."""
    shards = pl.scan_parquet(paths["collected"] / "images" / "images-*.parquet").select("sha256").collect()["sha256"]
    shard_bytes = folder_bytes(paths["collected"] / "images")
    later = sum(folder_bytes(paths[name]) for name in ("mapped", "linked", "balanced", "splits"))
    return (
        f"{shards.n_unique():,} in {shards.len():,} rows of shards, {shard_bytes / 1e9:.2f} GB; "
        f"later stages wrote {later / 1e9:.2f} GB"
    )


def folder_bytes(folder: Path) -> int:
    """Return the size of the files below ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
