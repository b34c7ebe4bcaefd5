import functools
import gzip
import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from proguard.collect import sources as sources_folder
from proguard.collect.files.editions import Access, Edition
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.runtime.params import compose_params
from proguard.sample import make_sample, read_samples
from proguard.storage.files import read_json, write_json
from proguard.storage.images import ImageStore
from proguard.taxonomy_map.label_map import load_label_maps
from proguard.taxonomy_map.question import read_annotation_texts
from tests.conf import load_entry
from tests.fake_hub import Dataset, serve_hub
from tests.separators import SEPARATORS
from tests.worlds import taxonomy
from tools.closure import ROOT

CASES = Path(__file__).parents[1] / "cases"
MIRROR = os.environ.get("PROGUARD_MIRROR")

needs_mirror = pytest.mark.skipif(not MIRROR, reason="PROGUARD_MIRROR names no mirror of the public sources")


load_source = functools.partial(load_entry, "source")


def small_world() -> dict[str, Any]:
    source = load_source("mini_world")
    return {"mini_world": source | {"read": source["read"] | {"n_train": 60, "n_test": 30}}}


def collect(
    sources: dict[str, Any],
    folder: Path,
    *,
    benchmarks: dict[str, Any] | None = None,
    mirror: Path | None = None,
    max_bad_share: float = 0.0,
    hub_endpoint: str | None = None,
    offline: bool = True,
    workers: int = 1,
    ray_address: str | None = None,
) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    cache = folder.parent / "cache"
    return collect_sources(
        sources,
        benchmarks or {},
        folder=folder,
        access=Access(mirror=mirror, cache=cache, offline=offline, hub_endpoint=hub_endpoint),
        web=WebImages(cache, offline=True, max_bytes=10**6, timeout_seconds=1, concurrency=1, attempts=1),
        limits=Limits(max_pixels=40_000_000, max_bad_share=max_bad_share, max_dead_share=0.2),
        workers=workers,
        ray_address=ray_address,
    )


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


def test_collect_sources_without_annotation_texts_writes_no_file_of_them(tmp_path: Path):
    collect(small_world(), tmp_path)
    assert not (tmp_path / "annotation_texts.parquet").exists()


@needs_mirror
def test_collect_sources_figstep_has_a_text_for_each_sample(tmp_path: Path):
    collect({"figstep": load_source("figstep")}, tmp_path, mirror=Path(MIRROR))
    texts = read_annotation_texts(tmp_path / "annotation_texts.parquet")
    assert texts.keys() == {sample.id for sample in read_samples(tmp_path / "samples.parquet")}


def test_collect_sources_twice_gives_the_same_bytes(tmp_path: Path):
    for name in ("one", "two"):
        write_json(collect(small_world(), tmp_path / name), tmp_path / name / "summary.json")
    assert file_bytes(tmp_path / "one") == file_bytes(tmp_path / "two")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with two rows of openai_moderation, the second one bad."""
    edition = Edition("tiny", 2, {"a.jsonl.gz": None})
    monkeypatch.setattr("proguard.collect.run.load_edition", lambda name, rows: edition)
    path = tmp_path / "mirror/openai_moderation/a.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b'{"prompt": "a walk", "S": 0}\n{"prompt": "", "S": 0}\n', mtime=0))
    return tmp_path / "mirror"


def test_collect_sources_order_in_conf_does_not_matter(tmp_path: Path, mirror: Path):
    sources = small_world() | {"openai_moderation": load_source("openai_moderation")}
    collect(sources, tmp_path / "one", mirror=mirror, max_bad_share=0.5)
    collect(dict(reversed(sources.items())), tmp_path / "two", mirror=mirror, max_bad_share=0.5)
    assert file_bytes(tmp_path / "one") == file_bytes(tmp_path / "two")


def test_collect_sources_bad_row_is_in_quarantine_and_summary(tmp_path: Path, mirror: Path):
    source = {"openai_moderation": load_source("openai_moderation")}
    summary = collect(source, tmp_path / "out", mirror=mirror, max_bad_share=0.5)
    assert summary["total"]["quarantined"] == {"empty text": 1}
    assert pl.read_parquet(tmp_path / "out/quarantine.parquet").rows() == [
        ("openai_moderation", "a.jsonl.gz", 2, "empty text", "prompt")
    ]


def test_collect_sources_too_many_bad_rows_fail(tmp_path: Path, mirror: Path):
    source = {"openai_moderation": load_source("openai_moderation")}
    with pytest.raises(ValueError, match=r"collect\.sources\.openai_moderation: 1 of 2 rows"):
        collect(source, tmp_path / "out", mirror=mirror, max_bad_share=0.4)


def test_collect_sources_ledger_names_licence_revision_and_what_was_found(tmp_path: Path, mirror: Path):
    source = {"openai_moderation": load_source("openai_moderation")}
    collect(source, tmp_path / "out", mirror=mirror, max_bad_share=0.5)
    found = (mirror / "openai_moderation/a.jsonl.gz").read_bytes()
    assert read_json(tmp_path / "out/ledger.json")["openai_moderation"] == {
        "role": "source",
        "licence": "MIT",
        "hub": None,
        "url": "https://raw.githubusercontent.com/openai/moderation-api-release",
        "revision": "f4ab51b5edd3bfbcb349a56324274235b674e0e4",
        "commit": None,
        "edition": "tiny",
        "rows": 2,
        "bytes": len(found),
        "files": {"a.jsonl.gz": {"sha256": hashlib.sha256(found).hexdigest(), "bytes": len(found), "verified": False}},
    }


def test_collect_sources_other_files_that_are_accepted_are_not_verified(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
):
    pinned = Edition("tiny", 7, {"a.jsonl.gz": "0" * 64})
    monkeypatch.setattr("proguard.collect.run.load_edition", lambda name, rows: pinned)
    source = {"openai_moderation": load_source("openai_moderation")}
    with pytest.raises(ValueError, match=r"collect\.sources\.openai_moderation: a\.jsonl\.gz: expected sha256 0000"):
        collect(source, tmp_path / "out", mirror=mirror, max_bad_share=0.5)
    source["openai_moderation"]["accept_other_files"] = True
    collect(source, tmp_path / "out", mirror=mirror, max_bad_share=0.5)
    ledger = read_json(tmp_path / "out/ledger.json")["openai_moderation"]
    assert (ledger["rows"], ledger["files"]["a.jsonl.gz"]["verified"]) == (2, False)


def test_collect_sources_benchmark_bears_the_name_and_split_of_its_entry(tmp_path: Path, mirror: Path):
    benchmarks = {"openai_test": load_source("openai_moderation") | {"adapter": "openai_moderation"}}
    summary = collect(small_world(), tmp_path / "out", benchmarks=benchmarks, mirror=mirror, max_bad_share=0.5)
    samples = read_samples(tmp_path / "out/samples.parquet")
    (sample,) = (s for s in samples if s.split == "benchmark")
    assert sample == make_sample(
        source="openai_test", modality="text", request="a walk", request_label="safe", split="benchmark"
    )
    assert {s.split for s in samples if s.source == "mini_world"} == {"train", "test"}
    assert (list(summary["sources"]), list(summary["benchmarks"])) == (["mini_world"], ["openai_test"])
    assert read_json(tmp_path / "out/ledger.json")["openai_test"]["role"] == "benchmark"


def test_collect_sources_name_in_both_roles_is_an_evaluation_set_only(tmp_path: Path):
    summary = collect(small_world(), tmp_path, benchmarks=small_world())
    assert (summary["sources"], list(summary["benchmarks"])) == ({}, ["mini_world"])
    assert {s.split for s in read_samples(tmp_path / "samples.parquet")} == {"benchmark"}


def test_collect_sources_hub_without_network_comes_from_the_cache(tmp_path: Path):
    lines = gzip.compress(b'{"prompt": "a walk", "S": 0}\n' * 40, mtime=0)
    with serve_hub() as hub:
        hub.datasets["people/letters"] = dataset = Dataset({"data/a.jsonl.gz": lines, "README.md": b""})
        entry = load_source("openai_moderation") | {"adapter": "openai_moderation", "editions": {}, "url": None}
        entry |= {"hub": "people/letters", "revision": dataset.commit, "files": ["data/*.gz"], "rows": 40}
        summary = collect({"letters": entry}, tmp_path / "one", hub_endpoint=hub.endpoint, offline=False)
    collect({"letters": entry}, tmp_path / "two")
    assert file_bytes(tmp_path / "one") == file_bytes(tmp_path / "two")
    assert (summary["total"]["rows"], summary["total"]["samples"]) == (40, 1)
    ledger = read_json(tmp_path / "one/ledger.json")["letters"]
    assert (ledger["hub"], ledger["revision"], ledger["commit"]) == ("people/letters", *[dataset.commit] * 2)
    assert ledger["files"]["data/a.jsonl.gz"]["verified"]
    with pytest.raises(ValueError, match=r"collect\.sources\.letters: expected 41 rows, found 40"):
        collect({"letters": entry | {"rows": 41}}, tmp_path / "three")


def test_collect_sources_hub_is_read_from_the_mirror_by_name_or_adapter(tmp_path: Path, mirror: Path):
    entry = load_source("openai_moderation") | {"editions": {}, "hub": "people/letters", "files": ["*.gz"]}
    for name, adapter in (("openai_moderation", None), ("letters", "openai_moderation")):
        sources = {name: entry | {"adapter": adapter}}
        summary = collect(sources, tmp_path / name, mirror=mirror, max_bad_share=0.5)
        assert summary["sources"][name]["rows"] == 2


def test_collect_sources_adapter_that_asks_for_the_web_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "web_probe.py").write_text(
        "from proguard.collect.item import Rejected, Skipped\n"
        "def read(*, web, n):\n"
        "    yield Rejected('f', 1, 'dead link', f'offline {web.offline}')\n"
        "    yield from (Skipped('f', row, 'rule') for row in range(2, n + 1))\n"
    )
    monkeypatch.setattr(sources_folder, "__path__", [*sources_folder.__path__, str(tmp_path)])
    entry = load_source("mini_world") | {"read": {"n": 5}}
    summary = collect({"web_probe": entry}, tmp_path / "out")
    assert summary["total"] | {"rows": 5, "quarantined": {"dead link": 1}, "skipped": {"rule": 4}} == summary["total"]
    assert pl.read_parquet(tmp_path / "out/quarantine.parquet")["detail"].to_list() == ["offline True"]
    with pytest.raises(ValueError, match=r"1 of 4 rows .* dead links, more than collect\.max_dead_share 20\.0%"):
        collect({"web_probe": entry | {"read": {"n": 4}}}, tmp_path / "again")


def test_collect_sources_mirror_need_not_have_what_is_drawn(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "mirror").mkdir()
    with caplog.at_level(logging.WARNING):
        collect(small_world(), tmp_path / "out", mirror=tmp_path / "mirror")
    assert "mini_world" not in caplog.text


SAFETY_TESTS = {
    "simple_safety_tests": r"simple_safety_tests/sst_test_cases\.csv'",
    "harmbench_test": r"harmbench/data/behavior_datasets/harmbench_behaviors_text_test\.csv'",
}


@pytest.mark.parametrize("name", SAFETY_TESTS)
@pytest.mark.parametrize(("offline", "error"), [(True, FileNotFoundError), (False, ConnectionError)])
def test_collect_sources_set_that_is_nowhere_names_its_file_in_a_mirror_and_how_to_leave_it_out(
    name: str, offline: bool, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(url: str, *_: object, **__: object) -> None:
        raise ConnectionError(f"{url}: no network")

    monkeypatch.setattr("proguard.collect.files.editions.download_file", refuse)
    (tmp_path / "mirror").mkdir()
    overrides = f"-S '~collect.benchmarks.{name}' -S '~ood_split.test_sets.{name}'"
    with pytest.raises(error, match=f"'{tmp_path}/mirror/{SAFETY_TESTS[name]}.*{overrides}"):
        collect(
            {},
            tmp_path / "out",
            benchmarks={name: load_entry("benchmark", name)},
            mirror=tmp_path / "mirror",
            hub_endpoint="http://127.0.0.1:9",
            offline=offline,
        )


def test_collect_sources_harmbench_test_keeps_the_239_behaviours_that_others_score(tmp_path: Path):
    params = compose_params(ROOT / "conf", ["profile=open", "suite=open", "+benchmark=harmbench_test"])
    path = tmp_path / "mirror/harmbench/data/behavior_datasets/harmbench_behaviors_text_test.csv"
    path.parent.mkdir(parents=True)
    kinds = ["standard"] * 159 + ["contextual"] * 81 + ["copyright"] * 80
    rows = [f"walk {i},{kind},illegal,,{'of bees' * (kind == 'contextual')},b{i}" for i, kind in enumerate(kinds)]
    path.write_text(
        "\n".join(["Behavior,FunctionalCategory,SemanticCategory,Tags,ContextString,BehaviorID", *rows, ""])
    )
    entry = {"harmbench_test": params["collect"]["benchmarks"]["harmbench_test"]}
    total = collect({}, tmp_path / "out", benchmarks=entry, mirror=tmp_path / "mirror")["total"]
    assert (total["rows"], total["samples"], total["skipped"]) == (320, 239, {"contextual behaviour": 81})
    samples = read_samples(tmp_path / "out/samples.parquet")
    assert {(s.source, s.split, s.request_label) for s in samples} == {("harmbench_test", "benchmark", "unsafe")}
    chosen = params["ood_split"]["test_sets"]
    assert [chosen[name]["sources"] for name in ("harmbench", "harmbench_test")] == [["harmbench"], ["harmbench_test"]]
    maps = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())
    assert maps["harmbench_test"] == maps["harmbench"]


def test_collect_sources_none_names_the_key(tmp_path: Path):
    with pytest.raises(ValueError, match=r"collect\.sources is empty"):
        collect({}, tmp_path)


def published(folder: Path, files: dict[str, bytes]) -> dict[str, Any]:
    """Put ``files`` into a mirror as the data that the authors published; return its entry."""
    for name, content in files.items():
        (folder / "proguard_data").mkdir(parents=True, exist_ok=True)
        (folder / "proguard_data" / name).write_bytes(content)
    return {"proguard_data": load_source("proguard_data") | {"files": ["*"], "rows": None}}


def test_collect_sources_half_an_emoji_and_a_list_for_a_name_are_in_quarantine(tmp_path: Path):
    sources = published(tmp_path / "mirror", {"a.jsonl": (CASES / "half_emoji.jsonl").read_bytes()})
    summary = collect(sources, tmp_path / "out", mirror=tmp_path / "mirror", max_bad_share=1)
    assert (
        summary["total"] | {"samples": 0, "quarantined": {"not valid Unicode": 1, "wrong type": 1}} == summary["total"]
    )
    details = pl.read_parquet(tmp_path / "out/quarantine.parquet").select("file", "row", "detail").rows()
    assert [row[:2] for row in details] == [("a.jsonl", 1), ("a.jsonl", 2)]
    assert "source_label must be a text or None, found list" in details[1][2]


def test_collect_sources_message_shows_half_an_emoji_as_an_escape(tmp_path: Path):
    row = {"modality": "text", "message": "", "query_label": "safe", "response_label": "", "category": ""}
    sources = published(tmp_path / "mirror", {"a.jsonl": json.dumps(row | {"modality": "\ud83d"}).encode()})
    with pytest.raises(ValueError, match=r"a\.jsonl row 1: unknown label \(modality '.ud83d'"):
        collect(sources, tmp_path / "out", mirror=tmp_path / "mirror")


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_collect_sources_text_may_hold_other_line_ends(separator: str, tmp_path: Path):
    said = f"how do i{separator}keep bees"
    message = json.dumps([{"role": "user", "content": said}])
    row = {"modality": "text", "message": message, "query_label": "safe", "response_label": "", "category": ""}
    lines = json.dumps(row | {"note": said.replace("\n", " ")}, ensure_ascii=False)
    sources = published(tmp_path / "mirror", {"a.jsonl": lines.encode()})
    collect(sources, tmp_path / "out", mirror=tmp_path / "mirror")
    assert [s.request for s in read_samples(tmp_path / "out/samples.parquet")] == [said]


# Rows and samples by edition. OpenAI's whole file has 85 rows more, flagged S3, of which some may be duplicates.
KNOWN_COUNTS = {
    "openai_moderation": (1680, range(1586, 1586 + 85 + 1)),
    "openai_moderation_without_s3": (1595, [1586]),
    "med_safety_bench": (1800, [1800]),
    "figstep": (100, [100]),
}


@needs_mirror
@pytest.mark.parametrize("name", ["openai_moderation", "med_safety_bench", "figstep"])
def test_collect_sources_mirror_gives_the_known_counts(name: str, tmp_path: Path):
    summary = collect({name: load_source(name)}, tmp_path, mirror=Path(MIRROR))
    entry = read_json(tmp_path / "ledger.json")[name]
    rows, samples = KNOWN_COUNTS[entry["edition"]]
    assert summary["total"]["rows"] == rows
    assert summary["total"]["samples"] in samples
    assert summary["total"]["quarantined"] == {}
    assert (entry["licence"], entry["rows"]) == ("MIT", rows)
    assert all(file["verified"] for file in entry["files"].values())


@needs_mirror
@pytest.mark.parametrize(
    ("name", "settings", "labels", "skipped"),
    [
        ("harmbench", {}, {"unsafe": 400}, {}),
        ("harmbench", {"select": ["standard", "copyright"]}, {"unsafe": 300}, {"contextual behaviour": 100}),
        ("xstest", {}, {"safe": 250, "unsafe": 200}, {}),
    ],
)
def test_collect_sources_mirror_gives_the_known_labels(name, settings, labels, skipped, tmp_path: Path):
    entry = load_entry("benchmark", name)
    entry["read"] = entry.get("read", {}) | settings
    summary = collect({}, tmp_path, benchmarks={name: entry}, mirror=Path(MIRROR))
    assert summary["total"]["request_label"] == labels
    assert (summary["total"]["skipped"], summary["total"]["quarantined"]) == (skipped, {})
    assert all(file["verified"] for file in read_json(tmp_path / "ledger.json")[name]["files"].values())


@needs_mirror
def test_collect_sources_openai_moderation_labels_are_the_known_ones(tmp_path: Path):
    # 437 unsafe and 1,158 safe lines, less 4 and 5 that say again what an earlier one said. The whole file has 85 unsafe
    # ones more, flagged S3; one may be said again by another of either label.
    summary = collect({"openai_moderation": load_source("openai_moderation")}, tmp_path, mirror=Path(MIRROR))
    edition = read_json(tmp_path / "ledger.json")["openai_moderation"]["edition"]
    more = {"openai_moderation_without_s3": 0, "openai_moderation": 85}[edition]
    labels = summary["total"]["request_label"]
    assert (0 <= labels["unsafe"] - 433 <= more, 0 <= 1153 - labels["safe"] <= more) == (True, True)
