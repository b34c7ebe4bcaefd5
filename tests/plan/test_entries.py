from dataclasses import replace
from pathlib import Path

import pytest

from proguard.collect.files.dataset import is_commit
from proguard.collect.files.editions import load_edition
from proguard.plan.entries import plan_entries, plan_models
from proguard.runtime.params import compose_params
from tests.plan.settings import HUB_ENTRY, collecting
from tools.closure import ROOT

URL_ENTRY = HUB_ENTRY | {
    "hub": None,
    "url": "https://example.org/repo",
    "editions": {"med_safety_bench": 1800},
    "rows": None,
}


def plan_one(settings, folder: Path, *, mirror: Path | None = None):
    return plan_entries(collecting({"walks": settings}), cache=folder, mirror=mirror)[0]


def test_plan_entries_lists_sources_before_benchmarks_by_name(tmp_path):
    params = collecting({"b": HUB_ENTRY, "a": HUB_ENTRY}, {"aa": HUB_ENTRY | {"adapter": "a"}})
    entries = plan_entries(params, cache=tmp_path, mirror=None)
    assert [(e.name, e.role, e.adapter) for e in entries] == [
        ("a", "source", "a"),
        ("b", "source", "b"),
        ("aa", "benchmark", "a"),
    ]


def test_plan_entries_without_a_size_does_not_guess_one(tmp_path):
    params = collecting({"walks": HUB_ENTRY, "strolls": HUB_ENTRY | {"download_bytes": 5}})
    strolls, walks = plan_entries(params, cache=tmp_path, mirror=None)
    assert (strolls.download_bytes, walks.download_bytes) == (5, None)


def test_plan_entries_that_reads_nothing_is_drawn_and_pinned(tmp_path):
    entry = plan_one(HUB_ENTRY | {"hub": None, "revision": None}, tmp_path)
    assert (entry.held, entry.download_bytes, entry.is_pinned) == ("drawn", 0, True)


def test_plan_entries_of_an_address_takes_the_rows_of_its_first_edition(tmp_path):
    assert plan_one(URL_ENTRY, tmp_path).rows == 1800


@pytest.mark.parametrize(
    ("files", "rows"),
    [
        (["samples-without-S3.jsonl.gz"], 1595),
        (["data/samples-1680.jsonl.gz"], 1680),
        (["samples-without-S3.jsonl.gz", "data/samples-1680.jsonl.gz"], 1680),
        ([], 1680),
    ],
)
def test_plan_entries_takes_the_rows_of_the_edition_that_the_mirror_has(files: list[str], rows: int, tmp_path):
    editions = {"openai_moderation": 1680, "openai_moderation_without_s3": 1595}
    for file in files:
        (tmp_path / "walks" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "walks" / file).touch()
    assert plan_one(URL_ENTRY | {"editions": editions}, tmp_path, mirror=tmp_path).rows == rows


def test_plan_entries_finds_files_in_the_cache(tmp_path):
    names = list(load_edition("med_safety_bench", rows=None).checksums)
    folder = tmp_path / "walks" / HUB_ENTRY["revision"]
    held = [plan_one(URL_ENTRY, tmp_path).held]
    for part in (names[:1], names):
        for name in part:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        held.append(plan_one(URL_ENTRY, tmp_path).held)
    assert held == ["no", "part in cache", "cache"]


def test_plan_entries_asks_no_hub_for_what_the_cache_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert plan_one(HUB_ENTRY, tmp_path).held == "no"


def test_plan_entries_finds_the_adapters_folder_in_the_mirror(tmp_path):
    (tmp_path / "strolls").mkdir()
    settings = HUB_ENTRY | {"adapter": "strolls"}
    assert plan_one(settings, tmp_path, mirror=tmp_path).held == "mirror"
    assert plan_one(HUB_ENTRY, tmp_path, mirror=tmp_path).held == "no"


@pytest.mark.parametrize(
    ("revision", "pinned"),
    [("main", False), (None, False), ("v2", False), ("0861b17", False), ("f" * 40, True), ("f" * 41, False)],
)
def test_is_commit_takes_hashes_only(revision: str | None, pinned: bool):
    assert is_commit(revision) is pinned


@pytest.mark.parametrize(
    ("licence", "forbids"),
    [
        ("cc-by-nc-4.0", True),
        ("CC BY-NC-SA 4.0", True),
        ("non-commercial use only", True),
        ("cc-by-4.0", False),
        ("apache-2.0", False),
        ("Tencent", False),
    ],
)
def test_forbids_commerce_reads_the_licence(licence: str, forbids: bool, tmp_path):
    assert replace(plan_one(HUB_ENTRY, tmp_path), licence=licence).forbids_commerce is forbids


def test_plan_models_lists_what_a_profile_downloads():
    assert plan_models(compose_params(ROOT / "conf", ["profile=mini"])) == []
    models = plan_models(compose_params(ROOT / "conf", ["profile=paper"]))
    assert [m.use for m in models][:2] == ["base model", "similarity"]
    assert all(is_commit(m.revision) for m in models[:2])


def test_plan_models_names_annotators_that_come_from_a_hub():
    params = compose_params(ROOT / "conf", ["profile=mini"])
    hub = {"name": "large", "kind": "vllm", "model": "owner/m", "revision": "main"}
    folder = hub | {"name": "own", "model": "/models/m", "revision": None}
    params["taxonomy_map"]["annotators"] = [{"name": "label_map"}, hub, folder]
    assert [(m.use, m.name) for m in plan_models(params)] == [("annotator large", "owner/m")]


PROFILES, SUITES = (sorted(path.stem for path in (ROOT / "conf" / kind).iterdir()) for kind in ("profile", "suite"))


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("profile", PROFILES)
def test_plan_entries_of_every_profile_and_suite_are_all_that_is_collected(profile: str, suite: str, tmp_path):
    params = compose_params(ROOT / "conf", [f"profile={profile}", f"suite={suite}"])
    collected = {**params["collect"]["sources"], **(params["collect"].get("benchmarks") or {})}
    assert sorted(e.name for e in plan_entries(params, cache=tmp_path, mirror=None)) == sorted(collected)


def test_plan_entries_name_in_both_roles_is_a_benchmark_only(tmp_path):
    params = collecting({"walks": HUB_ENTRY, "strolls": HUB_ENTRY}, {"walks": HUB_ENTRY})
    entries = plan_entries(params, cache=tmp_path, mirror=None)
    assert [(e.name, e.role) for e in entries] == [("strolls", "source"), ("walks", "benchmark")]
