"""The made-up world is read by every adapter without a bad row, and its planted duplicates are what they say."""

import io
from pathlib import Path
from typing import Any

import imagehash
import polars as pl
import pytest
from omegaconf import OmegaConf
from PIL import Image

from proguard.collect.files.editions import Access
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.text import normalise_text
from tests.paper_world.params import leave_out, on_world, world_params
from tests.paper_world.photos import LARGE, Format, draw_photo, fit_format, reencode, resize
from tests.paper_world.planted import list_plants, planted_table
from tests.paper_world.words import MOST_WORDS, change_one_word, draw_text, recase
from tests.paper_world.world import BENCHMARKS, TRAINING, World, count, find_plant, request, rng_of
from tests.paper_world.write import write_world
from tools.closure import ROOT

ROWS = 2000
SKIPPED = {
    "aegis1": {"dialogue-level label"},
    "aegis2_train": {"redacted prompt"},
    "llavaguard_train": {"policy variant"},
    "t2i_safety": {"image of the test part"},
}
"""Rules of sources that the world has rows for; those of benchmarks need more rows."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, rows=ROWS, image_kb=3, seed=0)
    return folder


@pytest.fixture(scope="module")
def summary(folder: Path, tmp_path_factory) -> dict[str, Any]:
    """Counts of collect over all entries of the world."""
    collect = world_params(folder, rows=ROWS, project=folder)["collect"]
    settings = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "source" / "proguard_data.yaml"))
    published = {"proguard_data": on_world("proguard_data", settings, folder)}
    cache = folder / "cache"
    return collect_sources(
        collect["sources"] | published,
        collect["benchmarks"],
        folder=tmp_path_factory.mktemp("collected"),
        access=Access(mirror=folder / "mirror", cache=cache, offline=True, hub_endpoint=None),
        web=WebImages(cache=cache, offline=True, **collect["web"]),
        limits=Limits(max_pixels=10**6, max_bad_share=1.0, max_dead_share=1.0),
    )


def world_of(rows: int = ROWS) -> World:
    return World(Path(), rows, 0, Format((128, 96), 56))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "name"), [*(("sources", n) for n in TRAINING), *(("benchmarks", n) for n in BENCHMARKS)]
)
def test_every_adapter_reads_its_part_of_the_world(summary, role: str, name: str):
    counts = summary[role][name]
    assert counts["samples"] >= count(world_of(), name) * 0.9
    assert counts["quarantined"] == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", SKIPPED)
def test_world_has_rows_that_rules_leave_out(summary, name: str):
    assert set(summary["sources"][name]["skipped"]) >= SKIPPED[name]


@pytest.mark.slow
def test_write_world_twice_gives_the_same_bytes(tmp_path: Path):
    for name in ("one", "two"):
        write_world(tmp_path / name, rows=1, image_kb=3, seed=0)
    one, two = (
        {p.relative_to(f): p for p in f.rglob("*") if p.is_file()} for f in (tmp_path / "one", tmp_path / "two")
    )
    # A gzip file holds the time at which it was written.
    same = [path for path in one if path.suffix in (".json", ".csv", ".parquet", ".jpg", ".part-aa")]
    assert one.keys() == two.keys()
    assert [path for path in same if one[path].read_bytes() != two[path].read_bytes()] == []


def test_draw_text_is_long_enough_and_its_own():
    texts = [draw_text(rng_of(world_of(), "any", i, "request")) for i in range(300)]
    lengths = [len(text.split()) for text in texts]
    assert len(set(texts)) == 300
    assert min(lengths) >= 10
    assert max(lengths) < MOST_WORDS + 30


def test_recase_and_change_one_word_are_near_duplicates():
    rng = rng_of(world_of(), "any", 0, "request")
    text = draw_text(rng)
    changed = change_one_word(text, rng)
    assert normalise_text(recase(text)) == normalise_text(text)
    assert sum(a != b for a, b in zip(text.split(), changed.split(), strict=True)) == 1


@pytest.mark.parametrize("image_kb", [3, 100])
def test_draw_photo_has_the_size_asked_for(image_kb: int):
    form = fit_format(image_kb)
    sizes = [len(draw_photo(rng_of(world_of(), "any", i, "picture"), form)) for i in range(5)]
    assert all(abs(size / 1000 / image_kb - 1) < 0.15 for size in sizes)
    assert (form.size == LARGE) == (image_kb == 100)


def test_copies_of_a_photo_differ_in_bytes_and_not_in_perceptual_hash():
    form = fit_format(100)
    photo, other = (draw_photo(rng_of(world_of(), "any", i, "picture"), form) for i in (0, 1))
    hashes = [
        imagehash.phash(Image.open(io.BytesIO(content)))
        for content in (photo, reencode(photo, form, comment="a"), resize(photo, form, comment="a"), other)
    ]
    assert hashes[0] - hashes[1] <= 4
    assert hashes[0] - hashes[2] <= 4
    assert hashes[0] - hashes[3] > 8


def test_copies_of_a_photo_with_other_comments_are_other_bytes():
    form = Format((128, 96), 56)
    photo = draw_photo(rng_of(world_of(), "any", 0, "picture"), form)
    assert reencode(photo, form, comment="a") != reencode(photo, form, comment="b")


def test_request_of_a_planted_piece_is_a_copy_of_its_origin():
    world = world_of(87_024)
    plant = find_plant(world, "text", "aegis1", 50)
    assert (plant.kind, plant.origin, plant.origin_index) == ("exact", "guard_reasoner", 7)
    assert request(world, "aegis1", 50) == request(world, "guard_reasoner", 7)
    assert find_plant(world, "text", "aegis1", 51) is None


def test_list_plants_originals_are_no_copies_themselves():
    world = world_of(87_024)
    plants = list(list_plants(world))
    assert {p.kind for p in plants} == {"exact", "recased", "one word changed", "re-encoded", "resized"}
    assert all(p.origin_index < count(world, p.origin) for p in plants)
    assert not any(find_plant(world, p.carrier, p.origin, p.origin_index) for p in plants)


def test_planted_table_names_the_benchmark_that_a_copy_touches():
    table = planted_table(world_of())
    touching = table.filter(pl.col("touches").is_not_null())
    assert set(touching["touches"]) <= set(BENCHMARKS)
    assert table.filter(pl.col("copy") == pl.col("original"))["kind"].unique().to_list() == ["exact"]


def test_world_has_every_entry_of_the_paper_in_its_profile(tmp_path: Path):
    collect = world_params(tmp_path, rows=8702, project=tmp_path)["collect"]
    assert collect["sources"].keys() == TRAINING.keys() - {"proguard_data"}
    assert collect["benchmarks"].keys() == BENCHMARKS.keys()


def test_leave_out_removes_an_entry_and_the_test_sets_that_are_its_own():
    params = {
        "collect": {"sources": {"walks": {}, "aegis1": {}}, "benchmarks": {"strolls": {}, "xstest": {}}},
        "ood_split": {"test_sets": {"test": {}, "strolls": {"sources": ["strolls"]}, "x": {"sources": ["xstest"]}}},
        "predict": {"test_sets": ["test", "strolls", "x"]},
    }
    leave_out(params, ["strolls", "walks"])
    assert params["collect"] == {"sources": {"aegis1": {}}, "benchmarks": {"xstest": {}}}
    assert (list(params["ood_split"]["test_sets"]), params["predict"]["test_sets"]) == (["test", "x"], ["test", "x"])


def test_world_params_write_into_the_project_only(tmp_path: Path):
    paths = world_params(tmp_path, rows=8702, project=tmp_path)["paths"]
    outside = {key for key, path in paths.items() if not Path(path).is_relative_to(tmp_path)}
    assert outside == {"taxonomy", "label_maps", "annotator_phrases", "published", "tiny_base"}
