import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from proguard.collect.files.hub import Snapshot, fetch_snapshot, match_files
from tests.fake_hub import Dataset, Hub, serve_hub

pytestmark = pytest.mark.slow

LARGE = bytes(range(256)) * 1000
FILES = {"README.md": b"a card", "data/train-0.csv": b"text\nhello\n", "data/train-1.csv": LARGE}
GATE = "https://huggingface.co/datasets/people/letters"


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with serve_hub() as hub:
        yield hub


@pytest.fixture
def hub(server: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    server.datasets = {"people/letters": Dataset(FILES)}
    server.asked.clear()
    server.cut_after.clear()
    server.status = None
    return server


def fetch(
    hub: Hub,
    cache: Path,
    *,
    revision: str | None = None,
    patterns: tuple[str, ...] = ("data/*.csv",),
    offline: bool = False,
    gate: str | None = None,
    name: str = "people/letters",
) -> Snapshot:
    revision = revision or hub.datasets["people/letters"].commit
    return fetch_snapshot(
        "collect.sources.letters",
        hub=name,
        gate=gate,
        revision=revision,
        patterns=patterns,
        cache=cache,
        offline=offline,
        endpoint=hub.endpoint,
    )


def test_fetch_snapshot_downloads_what_matches_and_nothing_else(hub: Hub, tmp_path: Path):
    snapshot = fetch(hub, tmp_path, revision="main")
    assert snapshot.commit == hub.datasets["people/letters"].commit
    assert list(snapshot.files) == ["data/train-0.csv", "data/train-1.csv"]
    assert {name: path.read_bytes() for name, path in snapshot.files.items()} == {n: FILES[n] for n in snapshot.files}
    assert not any("README" in line for line in hub.downloads())


def test_fetch_snapshot_files_come_in_the_order_of_the_patterns(hub: Hub, tmp_path: Path):
    snapshot = fetch(hub, tmp_path, patterns=("data/*-1.csv", "data/*.csv"))
    assert list(snapshot.files) == ["data/train-1.csv", "data/train-0.csv"]


def test_fetch_snapshot_commit_again_asks_nothing(hub: Hub, tmp_path: Path):
    first = fetch(hub, tmp_path)
    hub.asked.clear()
    assert fetch(hub, tmp_path) == first
    assert hub.asked == []


def test_fetch_snapshot_branch_again_asks_for_its_commit_and_no_file(hub: Hub, tmp_path: Path):
    first = fetch(hub, tmp_path, revision="main")
    hub.asked.clear()
    assert fetch(hub, tmp_path, revision="main") == first
    assert hub.asked == ["GET /api/datasets/people/letters/revision/main"]


def test_fetch_snapshot_branch_that_moved_gives_the_new_files(hub: Hub, tmp_path: Path):
    fetch(hub, tmp_path, revision="main")
    hub.datasets["people/letters"].files = FILES | {"data/train-0.csv": b"text\nanother\n"}
    snapshot = fetch(hub, tmp_path, revision="main")
    assert snapshot.commit == hub.datasets["people/letters"].commit
    assert snapshot.files["data/train-0.csv"].read_bytes() == b"text\nanother\n"


def test_fetch_snapshot_cut_connection_goes_on_where_it_stopped(hub: Hub, tmp_path: Path):
    # huggingface_hub keeps what came in pieces of 10 MiB.
    content = LARGE * 48
    hub.datasets["people/letters"].files = {"data/a.csv": content}
    hub.cut_after[:] = [11 * 2**20]
    snapshot = fetch(hub, tmp_path)
    assert snapshot.files["data/a.csv"].read_bytes() == content
    path = f"GET /datasets/people/letters/resolve/{snapshot.commit}/data/a.csv"
    assert hub.downloads() == [path, f"{path} bytes={10 * 2**20}-"]


def test_fetch_snapshot_offline_reads_the_cache(hub: Hub, tmp_path: Path):
    first = fetch(hub, tmp_path, revision="main")
    hub.asked.clear()
    assert fetch(hub, tmp_path, revision="main", offline=True) == first
    assert hub.asked == []


def test_fetch_snapshot_offline_without_cache_names_the_data_set_and_ways_out(hub: Hub, tmp_path: Path):
    with pytest.raises(
        FileNotFoundError, match=r"letters: collect\.offline .* people/letters at main.*collect\.mirror"
    ):
        fetch(hub, tmp_path, revision="main", offline=True)
    assert hub.asked == []


def test_fetch_snapshot_offline_with_half_a_cache_names_the_file(hub: Hub, tmp_path: Path):
    fetch(hub, tmp_path, patterns=("data/train-0.csv",))
    with pytest.raises(FileNotFoundError, match=r"1 file\(s\) are missing \(data/train-1\.csv\)"):
        fetch(hub, tmp_path, offline=True)


@pytest.mark.parametrize("token", [None, "hf_wrong"])
def test_fetch_snapshot_gated_names_page_and_variable_and_never_the_token(
    token: str | None, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    hub.datasets["people/letters"].token = "hf_right"
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(
            PermissionError, match=rf"letters: .*people/letters is gated; .*{GATE} and set HF_TOKEN"
        ) as error,
    ):
        fetch(hub, tmp_path, gate=GATE)
    assert "hf_wrong" not in "".join(traceback.format_exception(error.value)) + caplog.text


def test_fetch_snapshot_gated_with_the_right_token_downloads(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hub.datasets["people/letters"].token = "hf_right"
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert len(fetch(hub, tmp_path, gate=GATE).files) == 2
    kept = (path for path in tmp_path.rglob("*") if path.is_file())
    assert not any(b"hf_right" in path.read_bytes() for path in kept)


def test_fetch_snapshot_unknown_data_set_names_id_and_key(hub: Hub, tmp_path: Path):
    with pytest.raises(ValueError, match=r"no data set people/leters, .*correct collect\.sources\.letters\.hub"):
        fetch(hub, tmp_path, name="people/leters")


@pytest.mark.parametrize("revision", ["mian", "0" * 40])
def test_fetch_snapshot_unknown_revision_names_it(revision: str, hub: Hub, tmp_path: Path):
    with pytest.raises(ValueError, match=rf"letters has no revision '{revision}'; correct .*\.letters\.revision"):
        fetch(hub, tmp_path, revision=revision)


def test_fetch_snapshot_nobody_listens_names_mirror_and_offline(tmp_path: Path):
    with pytest.raises(ConnectionError, match=r"letters: .*people/letters.*collect\.mirror.*collect\.offline"):
        fetch(Hub("http://127.0.0.1:9", {"people/letters": Dataset(FILES)}), tmp_path, revision="main")


def test_fetch_snapshot_hub_that_fails_is_a_connection_error(hub: Hub, tmp_path: Path):
    hub.status = 418
    with pytest.raises(ConnectionError, match=r"people/letters can't be downloaded: .*418"):
        fetch(hub, tmp_path, revision="main")


def test_fetch_snapshot_branch_is_read_from_the_cache_while_the_hub_fails(hub: Hub, tmp_path: Path):
    first = fetch(hub, tmp_path, revision="main")
    hub.status = 503
    assert fetch(hub, tmp_path, revision="main") == first


def test_fetch_snapshot_offline_with_a_cache_that_lists_nothing_names_the_data_set(hub: Hub, tmp_path: Path):
    commit = "0" * 40
    (tmp_path / "datasets--people--letters/snapshots" / commit).mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"the cache lacks data set people/letters at 0000.*No cached tree"):
        fetch(hub, tmp_path, revision=commit, offline=True)


def test_fetch_snapshot_pattern_without_match_shows_pattern_and_files(hub: Hub, tmp_path: Path):
    with pytest.raises(
        ValueError, match=r"letters\.files: expected files like '\*\.json' in .*, found README\.md, data"
    ):
        fetch(hub, tmp_path, patterns=("data/*.csv", "*.json"))


def test_fetch_snapshot_pattern_without_match_downloads_nothing(hub: Hub, tmp_path: Path):
    with pytest.raises(ValueError, match=r"\*\.json"):
        fetch(hub, tmp_path, patterns=("data/*.csv", "*.json"))
    assert hub.downloads() == []


def test_fetch_snapshot_takes_the_first_of_two_names_that_is_there(hub: Hub, tmp_path: Path):
    snapshot = fetch(hub, tmp_path, patterns=(["train.csv", "data/train-0.csv", "data/*.csv"],))
    assert list(snapshot.files) == ["data/train-0.csv"]
    assert fetch(hub, tmp_path, patterns=(["data/train-0.csv", "x"],), offline=True) == snapshot


def test_fetch_snapshot_name_with_the_signs_of_a_pattern_is_downloaded(hub: Hub, tmp_path: Path):
    hub.datasets["people/letters"].files = {"a[1]*.csv": b"a", "a1b.csv": b"b"}
    assert list(fetch(hub, tmp_path, patterns=("a[[]*.csv",)).files) == ["a[1]*.csv"]
    assert [line.rpartition("/")[2] for line in hub.downloads()] == ["a[1]*.csv"]


def test_fetch_snapshot_of_very_many_files_is_refused_before_it_begins(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("proguard.collect.files.hub.MAX_FILES", 1)
    with pytest.raises(ValueError, match=r"letters\.files: 2 files of people/letters match, more than 1, .*git-lfs"):
        fetch(hub, tmp_path)
    assert hub.downloads() == []


def test_match_files_without_match_shows_what_kinds_of_files_there_are():
    paths = ["README.md", *(f"image/{i}.png" for i in range(20)), *(f"data/{i}/train.parquet" for i in range(3))]
    with pytest.raises(
        ValueError,
        match=r"files like 'x' or 'y' in w, found README\.md, image/\*\.png \(20 files\), data/\*/\*\.parquet \(3 files\)$",
    ):
        match_files("k", paths, patterns=[["x", "y"]], where="w")


def test_match_files_of_many_kinds_are_shortened():
    with pytest.raises(ValueError, match=r"found f0\.a0, .*f7\.a7 and 92 more$"):
        match_files("k", [f"f{i}.a{i}" for i in range(100)], patterns=["x"], where="w")
