import hashlib
import logging
import os
from pathlib import Path

import pytest

from proguard.collect.files import editions as fetch
from proguard.collect.files.editions import (
    Access,
    Edition,
    Fetched,
    fetch_editions,
    find_cache,
    find_folder,
    find_mirror,
    load_edition,
)
from proguard.fetch.verify import hash_text

WHOLE = Edition("whole", 3, {"data/all.csv": None})
PART = Edition("part", 2, {"b.csv": hashlib.sha256(b"b").hexdigest(), "a/a.csv": hashlib.sha256(b"a").hexdigest()})


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    for name in PART.checksums:
        path = folder / "letters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.stem)
    return folder


def reach(cache: Path, *, offline: bool = False) -> Access:
    return Access(mirror=None, cache=cache, offline=offline, hub_endpoint=None)


NOWHERE = reach(Path("none"))


def fetch_letters(
    editions: list[Edition], *, folder: Path | None, access: Access = NOWHERE, accepts_other: bool = False
) -> Fetched:
    where = {"url": "u", "revision": "r", "folder": folder, "access": access}
    return fetch_editions("k.letters", adapter="letters", editions=editions, accepts_other=accepts_other, **where)


def test_find_folder_takes_the_first_name_that_is_there(mirror: Path, caplog: pytest.LogCaptureFixture):
    assert find_folder(None, ["letters"]) is None
    assert find_folder(mirror, ["letters_train", "letters"]) == mirror / "letters"
    with caplog.at_level(logging.WARNING):
        assert find_folder(mirror, ["numbers_train", "numbers"]) is None
    assert "has no folder numbers_train or numbers" in caplog.text


def test_find_folder_mirror_that_is_none_names_both_settings(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"collect\.mirror, PROGUARD_MIRROR: no folder .*absent"):
        find_folder(tmp_path / "absent", ["letters"])


def test_fetch_editions_takes_the_edition_that_the_mirror_has(mirror: Path):
    fetched = fetch_letters([WHOLE, PART], folder=mirror / "letters")
    assert (fetched.edition, fetched.rows, fetched.commit) == ("part", 2, None)
    assert fetched.hashes == PART.checksums
    assert fetched.files == {"b.csv": mirror / "letters/b.csv", "a/a.csv": mirror / "letters/a/a.csv"}
    assert fetched.verified == {"b.csv", "a/a.csv"}


def test_fetch_editions_first_of_two_editions_wins(mirror: Path, caplog: pytest.LogCaptureFixture):
    (mirror / "letters/data").mkdir()
    (mirror / "letters/data/all.csv").write_text("all")
    with caplog.at_level(logging.WARNING):
        fetched = fetch_letters([WHOLE, PART], folder=mirror / "letters")
    assert (fetched.edition, fetched.verified) == ("whole", frozenset())
    assert "k.letters: data/all.csv is not verified" in caplog.text
    assert hashlib.sha256(b"all").hexdigest() in caplog.text


def test_fetch_editions_mirror_without_file_names_it(mirror: Path):
    (mirror / "letters/a/a.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of edition whole, .*; 1 of edition part, first a/a\.csv"):
        fetch_letters([WHOLE, PART], folder=mirror / "letters")


def test_fetch_editions_other_bytes_in_the_mirror_are_an_error(mirror: Path):
    (mirror / "letters/b.csv").write_text("B")
    with pytest.raises(ValueError, match=r"k\.letters: b\.csv: expected sha256 3e23\w+, found df7e"):
        fetch_letters([PART], folder=mirror / "letters")


def test_fetch_editions_other_bytes_that_are_accepted_are_not_verified(mirror: Path, caplog: pytest.LogCaptureFixture):
    (mirror / "letters/b.csv").write_text("b\r\n")
    with caplog.at_level(logging.WARNING):
        fetched = fetch_letters([PART], folder=mirror / "letters", accepts_other=True)
    assert (fetched.verified, fetched.rows) == ({"a/a.csv"}, None)
    assert "k.letters: b.csv is not verified, accepted with another checksum" in caplog.text


def test_fetch_editions_pointer_is_not_accepted(mirror: Path):
    (mirror / "letters/b.csv").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(ValueError, match=r"k\.letters: b\.csv: expected data, found a git-lfs pointer"):
        fetch_letters([PART], folder=mirror / "letters", accepts_other=True)


def test_fetch_editions_accepted_files_of_the_cache_are_not_downloaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetch, "download_file", lambda *_, **__: pytest.fail("downloaded"))
    for name in PART.checksums:
        (tmp_path / "letters/r" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "letters/r" / name).write_text("other")
    assert fetch_letters([PART], folder=None, access=reach(tmp_path), accepts_other=True).verified == frozenset()


def test_fetch_editions_downloads_what_the_cache_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def download(url: str, path: Path, *, sha256: str | None, what: str, setting: str) -> None:
        asked.append(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.stem)

    monkeypatch.setattr(fetch, "download_file", download)
    cached = tmp_path / "letters/r/b.csv"
    cached.parent.mkdir(parents=True)
    cached.write_text("b")
    assert fetch_letters([PART, WHOLE], folder=None, access=reach(tmp_path)).hashes == PART.checksums
    assert asked == ["u/r/a/a.csv"]
    cached.write_text("damaged")
    fetch_letters([PART, WHOLE], folder=None, access=reach(tmp_path))
    assert asked == ["u/r/a/a.csv", "u/r/b.csv"]
    fetch_letters([PART], folder=None, access=reach(tmp_path, offline=True))


def test_fetch_editions_offline_names_what_the_cache_lacks(tmp_path: Path):
    (tmp_path / "letters/r").mkdir(parents=True)
    (tmp_path / "letters/r/b.csv").write_text("b")
    with pytest.raises(FileNotFoundError, match=r"k\.letters: collect\.offline .* lacks 1 files, first a/a\.csv"):
        fetch_letters([PART], folder=None, access=reach(tmp_path, offline=True))


def test_load_edition_reads_the_format_of_sha256sum(tmp_path: Path):
    (tmp_path / "x.sha256").write_text("00ff  a folder/b.csv\nunknown  c.gz\n")
    assert load_edition("x", rows=None, folder=tmp_path) == Edition("x", None, {"a folder/b.csv": "00ff", "c.gz": None})


def test_load_edition_reads_the_hash_of_a_text_from_a_comment(tmp_path: Path):
    (tmp_path / "x.sha256").write_text("# text 11aa  a folder/b.csv\n# made by hand\n00ff  a folder/b.csv\n")
    expected = Edition("x", None, {"a folder/b.csv": "00ff"}, {"a folder/b.csv": "11aa"})
    assert load_edition("x", rows=None, folder=tmp_path) == expected


def test_fetch_editions_copy_of_a_text_with_mixed_line_ends_is_named_with_its_override(mirror: Path):
    pinned = b"b\r\nb\n"
    edition = Edition("e", 2, {"b.csv": hashlib.sha256(pinned).hexdigest()}, {"b.csv": hash_text(pinned)})
    (mirror / "letters/b.csv").write_bytes(b"b\nb\n")
    with pytest.raises(ValueError, match=r"same text.*-S '\+\+k\.letters\.accept_other_files=true'"):
        fetch_letters([edition], folder=mirror / "letters")


HARMBENCH = "data/behavior_datasets/harmbench_behaviors_text_all.csv"


@pytest.mark.skipif(not os.environ.get("PROGUARD_MIRROR"), reason="PROGUARD_MIRROR names no mirror of public sources")
def test_load_edition_of_harmbench_pins_the_text_of_its_file():
    edition = load_edition("harmbench", rows=400)
    content = Path(os.environ["PROGUARD_MIRROR"], "harmbench", HARMBENCH).read_bytes()
    assert edition.texts == {HARMBENCH: hash_text(content)}
    assert hash_text(content) == hash_text(content.replace(b"\r\n", b"\n"))


def test_find_mirror_setting_beats_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PROGUARD_MIRROR", raising=False)
    assert find_mirror(None) is None
    monkeypatch.setenv("PROGUARD_MIRROR", "there")
    assert (find_mirror(None), find_mirror("here")) == (Path("there"), Path("here"))


def test_find_cache_falls_back_to_home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PROGUARD_CACHE", raising=False)
    assert find_cache(None) == Path.home() / ".cache" / "proguard"
    monkeypatch.setenv("PROGUARD_CACHE", "there")
    assert (find_cache(None), find_cache("here")) == (Path("there"), Path("here"))
