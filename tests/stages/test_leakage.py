from pathlib import Path

import polars as pl
import pytest

from proguard.collect.image_shards import ImageShards, check_image
from proguard.sample import SAMPLE_SCHEMA, make_sample
from proguard.storage.files import read_json
from tests.leakage.photos import COPIES, draw_photo, encode
from tests.stages.scripts import make_config, run_script
from tests.tables import write_samples

pytestmark = pytest.mark.slow

SETTINGS = {"shingle_words": 1, "image_hash_distance": 4}
REQUEST = "Which tools do people need to open a very old door?"

PLANTED = {
    "exact": REQUEST,
    "re-cased": REQUEST.upper(),
    "punctuated": "  Which tools, do people need: to open a «very old» door …",
    "one word changed": REQUEST.replace("tools", "things"),
}


def text(request: str, *, source: str = "ours", split: str | None = None, response: str | None = None):
    labels = {"request_label": "safe", "response_label": response and "safe"}
    return make_sample(source=source, modality="text", request=request, response=response, split=split, **labels)


def run(folder: Path, samples, contents=()) -> pl.DataFrame:
    """Return what stage leakage writes about ``samples`` and images."""
    config = make_config(folder, leakage=SETTINGS, carriers={"max_images": 1})
    shards = ImageShards(Path(config.paths.collected) / "images")
    for content in contents:
        shards.add(check_image(content, 10**6))
    shards.flush()
    write_samples(samples, Path(config.paths.mapped) / "samples.parquet")
    run_script("leakage", config)
    return pl.read_parquet(Path(config.paths.linked) / "samples.parquet")


@pytest.mark.parametrize("planted", PLANTED)
def test_leakage_finds_a_planted_request(tmp_path, planted):
    ours, other = text(PLANTED[planted]), text("What is the tallest tree that grows in a city park?")
    benchmark = text(REQUEST, source="bench", split="benchmark")
    linked = run(tmp_path, [ours, other, benchmark])
    assert dict(linked.select("id", "touches").iter_rows()) == {ours.id: "bench", other.id: None, benchmark.id: None}
    joined = min(ours.id, benchmark.id)
    assert dict(linked.select("id", "component").iter_rows()) == {
        ours.id: joined,
        benchmark.id: joined,
        other.id: other.id,
    }


def picture(content: bytes, *, source: str = "ours", split: str | None = None, request: str | None = None):
    sha = check_image(content, 10**6).sha256
    modality = "text_image" if request else "image"
    return make_sample(source=source, modality=modality, image=sha, request=request, request_label="safe", split=split)


@pytest.mark.parametrize("planted", ["exact", *COPIES])
def test_leakage_finds_a_planted_image(tmp_path, planted):
    photo = draw_photo(0)
    original = encode(photo, quality=92)
    copy = original if planted == "exact" else COPIES[planted](photo)
    contents = [original, copy, encode(draw_photo(1), quality=92)]
    samples = [picture(original, source="bench", split="benchmark"), *(picture(c) for c in contents[1:])]
    linked = run(tmp_path, samples, contents)
    touches = dict(linked.select("id", "touches").iter_rows())
    assert [touches[sample.id] for sample in samples] == [None, "bench", None]


def test_leakage_crosses_modalities(tmp_path):
    # The same request alone and beside an image, the same image alone and beside a request.
    content = encode(draw_photo(0))
    samples = [
        text(REQUEST, source="bench", split="benchmark"),
        picture(content, request=REQUEST.upper()),
        picture(content),
    ]
    linked = run(tmp_path, samples, [content])
    touches = dict(linked.select("id", "touches").iter_rows())
    # The image alone is in the group of the row that touches: its picture stands beside the request there.
    assert [touches[sample.id] for sample in samples] == [None, "bench", "bench"]
    assert linked["component"].n_unique() == 1


def test_leakage_does_not_join_by_a_carrier(tmp_path):
    contents = [encode(draw_photo(seed)) for seed in range(3)]
    samples = [picture(content, request="What does this picture show?") for content in contents]
    assert run(tmp_path, samples, contents)["component"].n_unique() == 3


def test_leakage_keeps_rows_and_columns_and_counts_by_pair_of_sets(tmp_path):
    samples = [text(REQUEST, response=answer) for answer in ("Yes.", "No.")]
    samples += [text(REQUEST, source=f"bench_{name}", split="benchmark") for name in "ba"]
    samples.append(text(REQUEST.replace("old", "new"), split="test"))
    linked = run(tmp_path, samples)
    assert linked.columns == [*SAMPLE_SCHEMA, "component", "touches"]
    assert linked["id"].to_list() == sorted(sample.id for sample in samples)
    summary = read_json(tmp_path / "data/summaries/leakage.json")
    rows = {(*pair["sets"], pair["kind"]): pair["rows"] for pair in summary["pairs"]}
    assert rows["bench_a", "ours", "exact_text"] == [1, 2]
    assert rows["ours", "ours (test)", "near_text"] == [2, 1]
    assert summary["dropped"] == {"ours": {"bench_a": 2}}
    assert summary["components"] == 1


def test_leakage_writes_equal_bytes_whatever_the_order_of_samples(tmp_path):
    samples = [text(request) for request in [*PLANTED.values(), "Where do owls sleep at night?"]]
    run(tmp_path / "a", samples)
    path = tmp_path / "b/data/mapped/samples.parquet"
    run(tmp_path / "b", samples)
    pl.read_parquet(path).reverse().write_parquet(path)
    run_script("leakage", make_config(tmp_path / "b", leakage=SETTINGS))
    for name in ("data/linked/samples.parquet", "data/summaries/leakage.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
