import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from omegaconf import OmegaConf

from proguard.collect import collect_sources
from proguard.files import read_json, read_samples, write_json
from proguard.images import ImageStore

ROOT = Path(__file__).parents[1]
MIRROR = os.environ.get("PROGUARD_MIRROR")

needs_mirror = pytest.mark.skipif(not MIRROR, reason="PROGUARD_MIRROR names no mirror of the public sources")


def load_source(name: str) -> dict[str, Any]:
    return OmegaConf.to_container(OmegaConf.load(ROOT / f"conf/source/{name}.yaml"))


def small_world() -> dict[str, Any]:
    source = load_source("mini_world")
    return {"mini_world": source | {"read": source["read"] | {"n_train": 60, "n_test": 30}}}


def collect(sources: dict[str, Any], folder: Path, *, mirror: Path | None = None) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    limits = {"max_pixels": 40_000_000, "max_bad_share": 0.01}
    return collect_sources(sources, folder=folder, mirror=mirror, cache=folder / "unused", **limits)


def file_bytes(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_collect_sources_writes_sorted_samples_with_their_images(tmp_path: Path):
    summary = collect(small_world(), tmp_path)
    samples = read_samples(tmp_path / "samples.parquet")
    assert [s.id for s in samples] == sorted({s.id for s in samples})
    assert summary["total"]["samples"] == len(samples)
    images = ImageStore(tmp_path / "images").read({s.image for s in samples if s.image})
    assert summary["images"] == len(images)
    assert summary["image_bytes"] == sum(map(len, images.values()))
    assert pl.read_parquet(tmp_path / "quarantine.parquet").is_empty()


def test_collect_sources_twice_gives_the_same_bytes(tmp_path: Path):
    for name in ("one", "two"):
        write_json(collect(small_world(), tmp_path / name), tmp_path / name / "summary.json")
    assert file_bytes(tmp_path / "one") == file_bytes(tmp_path / "two")


def test_collect_sources_order_in_conf_does_not_matter(tmp_path: Path, two_sources: dict[str, Any], mirror: Path):
    collect(two_sources, tmp_path / "one", mirror=mirror)
    collect(dict(reversed(two_sources.items())), tmp_path / "two", mirror=mirror)
    assert file_bytes(tmp_path / "one") == file_bytes(tmp_path / "two")


def test_collect_sources_none_names_the_key(tmp_path: Path):
    with pytest.raises(ValueError, match="collect.sources is empty"):
        collect({}, tmp_path)


@needs_mirror
@pytest.mark.parametrize(
    ("name", "rows", "samples"),
    [("openai_moderation", 1595, 1586), ("med_safety_bench", 1800, 1800), ("figstep", 100, 100)],
)
def test_collect_sources_mirror_gives_the_known_counts(name: str, rows: int, samples: int, tmp_path: Path):
    summary = collect({name: load_source(name)}, tmp_path, mirror=Path(MIRROR))
    assert (summary["total"]["rows"], summary["total"]["samples"]) == (rows, samples)
    assert summary["total"]["quarantined"] == {}
    entry = read_json(tmp_path / "ledger.json")[name]
    assert (entry["licence"], entry["rows"]) == ("MIT", rows)
    assert all(file["verified"] for file in entry["files"].values())


@needs_mirror
def test_collect_sources_openai_moderation_labels_are_the_known_ones(tmp_path: Path):
    # 437 unsafe and 1,158 safe lines, less 4 and 5 that say again what an earlier one said.
    summary = collect({"openai_moderation": load_source("openai_moderation")}, tmp_path, mirror=Path(MIRROR))
    assert summary["total"]["request_label"] == {"unsafe": 433, "safe": 1153}
