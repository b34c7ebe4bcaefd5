import hashlib
from pathlib import Path

import pytest

from proguard.collect.files.dataset import check_blob, fetch_dataset, is_commit
from proguard.collect.files.editions import Access, Fetched
from tests.fake_hub import Dataset, serve_hub

pytestmark = pytest.mark.slow

FILES = {"data/a.csv": b"a", "data/b.csv": b"b" * 5000, "c.csv": b"c"}


def reach(cache: Path, *, mirror: Path | None = None, offline: bool = False, endpoint: str | None = None) -> Access:
    return Access(mirror=mirror, cache=cache, offline=offline, hub_endpoint=endpoint)


def fetch_rows(*, folder: Path | None, access: Access, revision: str) -> Fetched:
    return fetch_dataset(
        "k.rows",
        hub="people/rows",
        gate=None,
        revision=revision,
        patterns=["data/b*", "data/*"],
        rows=3,
        folder=folder,
        access=access,
    )


def test_fetch_dataset_pinned_files_are_verified_and_those_of_a_branch_are_not(tmp_path: Path):
    with serve_hub() as hub:
        hub.datasets["people/rows"] = dataset = Dataset(FILES)
        access = reach(tmp_path, endpoint=hub.endpoint)
        pinned, branch = (fetch_rows(folder=None, access=access, revision=r) for r in (dataset.commit, "main"))
    assert list(pinned.files) == ["data/b.csv", "data/a.csv"]
    assert pinned.hashes["data/a.csv"] == hashlib.sha256(b"a").hexdigest()
    assert pinned.verified == {"data/a.csv", "data/b.csv"}
    assert (pinned.commit, pinned.rows, pinned.edition) == (dataset.commit, 3, None)
    assert (branch.commit, branch.verified) == (dataset.commit, frozenset())


def test_fetch_dataset_mirror_is_matched_on_disk(tmp_path: Path):
    for name in ("data/a.csv", "data/b.csv", "c.csv"):
        (tmp_path / "rows" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rows" / name).write_text(name)
    access = reach(tmp_path / "none", mirror=tmp_path, offline=True)
    fetched = fetch_rows(folder=tmp_path / "rows", access=access, revision="0" * 40)
    assert fetched.files == {"data/b.csv": tmp_path / "rows/data/b.csv", "data/a.csv": tmp_path / "rows/data/a.csv"}
    assert (fetched.commit, fetched.verified) == (None, frozenset())


def test_fetch_dataset_mirror_without_match_names_pattern_and_files(tmp_path: Path):
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/c.csv").write_text("c")
    with pytest.raises(ValueError, match=r"k\.rows\.files: expected files like 'data/b\*' in .*, found c\.csv"):
        fetch_rows(folder=tmp_path / "rows", access=reach(tmp_path), revision="main")


@pytest.mark.parametrize("name", ["data/b.csv", "data/image.png"])
def test_fetch_dataset_pointer_in_the_mirror_names_entry_file_and_cause(name: str, tmp_path: Path):
    for file in ("data/a.csv", "data/b.csv", name):
        (tmp_path / "rows/data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "rows" / file).write_text("a")
    (tmp_path / "rows" / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(
        ValueError, match=rf"^k\.rows: {name}: expected data, found a git-lfs pointer; run `git lfs pull`"
    ):
        fetch_rows(folder=tmp_path / "rows", access=reach(tmp_path), revision="main")


def test_fetch_dataset_hidden_folders_of_the_mirror_are_left_out(tmp_path: Path):
    for file in ("data/b.csv", "data/.git/b.csv", ".cache/huggingface/data/b.csv"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("b")
    assert list(fetch_rows(folder=tmp_path, access=reach(tmp_path), revision="main").files) == ["data/b.csv"]


def test_fetch_dataset_other_files_that_are_accepted_may_have_any_number_of_rows(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/b.csv").write_text("b")
    settings = {"hub": "people/rows", "gate": None, "patterns": ["data/*"], "rows": 3, "folder": tmp_path}
    fetched = [
        fetch_dataset("k", revision="0" * 40, access=reach(tmp_path), accepts_other=accepts, **settings)
        for accepts in (False, True)
    ]
    assert [f.rows for f in fetched] == [3, None]


def test_is_commit_takes_a_full_hash_only():
    assert [is_commit(r) for r in ("0" * 40, "0" * 39, "main", None)] == [True, False, False, False]


@pytest.mark.parametrize("name", ["data/a.csv", "data/b.csv"], ids=["git", "lfs"])
def test_fetch_dataset_damaged_cache_is_named(name: str, tmp_path: Path):
    with serve_hub() as hub:
        hub.datasets["people/rows"] = dataset = Dataset(FILES)
        access = reach(tmp_path, endpoint=hub.endpoint)
        files = fetch_rows(folder=None, access=access, revision=dataset.commit).files
        files[name].resolve().write_bytes(b"damaged")
        with pytest.raises(ValueError, match=rf"{name}: expected hash \w+, found \w+; the cache is damaged: delete "):
            fetch_rows(folder=None, access=access, revision=dataset.commit)


def test_check_blob_plain_file_is_not_known(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"a")
    assert not check_blob(tmp_path / "a", sha256="0" * 64)
