import hashlib
import logging
from pathlib import Path

import pytest

from proguard import fetch
from proguard.fetch import Edition, Fetched, fetch_files, find_cache, find_mirror, load_edition

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


def fetch_letters(editions: list[Edition], *, mirror: Path | None, cache: Path = Path("none")) -> Fetched:
    return fetch_files("letters", editions=editions, url="u", revision="r", mirror=mirror, cache=cache)


def test_fetch_files_takes_the_edition_that_the_mirror_has(mirror: Path):
    fetched = fetch_letters([WHOLE, PART], mirror=mirror)
    assert fetched.edition == PART
    assert fetched.hashes == PART.checksums
    assert fetched.files == {"b.csv": mirror / "letters/b.csv", "a/a.csv": mirror / "letters/a/a.csv"}


def test_fetch_files_first_of_two_editions_wins(mirror: Path, caplog: pytest.LogCaptureFixture):
    (mirror / "letters/data").mkdir()
    (mirror / "letters/data/all.csv").write_text("all")
    with caplog.at_level(logging.WARNING):
        assert fetch_letters([WHOLE, PART], mirror=mirror).edition == WHOLE
    assert "letters: data/all.csv is not verified" in caplog.text
    assert hashlib.sha256(b"all").hexdigest() in caplog.text


def test_fetch_files_mirror_without_folder_names_both_ways_out(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no folder 'letters'; add it, or .*PROGUARD_MIRROR"):
        fetch_letters([PART], mirror=tmp_path)


def test_fetch_files_mirror_without_file_names_it(mirror: Path):
    (mirror / "letters/a/a.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of edition whole, .*; 1 of edition part, first a/a\.csv"):
        fetch_letters([WHOLE, PART], mirror=mirror)


def test_fetch_files_other_bytes_in_the_mirror_are_an_error(mirror: Path):
    (mirror / "letters/b.csv").write_text("B")
    with pytest.raises(ValueError, match=r"letters: b\.csv: expected sha256 3e23\w+, found df7e"):
        fetch_letters([PART], mirror=mirror)


def test_fetch_files_downloads_what_the_cache_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def download(url: str, path: Path, *, sha256: str | None) -> None:
        asked.append(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.stem)

    monkeypatch.setattr(fetch, "download_file", download)
    cached = tmp_path / "letters/r/b.csv"
    cached.parent.mkdir(parents=True)
    cached.write_text("b")
    assert fetch_letters([PART, WHOLE], mirror=None, cache=tmp_path).hashes == PART.checksums
    assert asked == ["u/r/a/a.csv"]
    cached.write_text("damaged")
    fetch_letters([PART, WHOLE], mirror=None, cache=tmp_path)
    assert asked == ["u/r/a/a.csv", "u/r/b.csv"]


def test_load_edition_reads_the_format_of_sha256sum(tmp_path: Path):
    (tmp_path / "x.sha256").write_text("00ff  a folder/b.csv\nunknown  c.gz\n")
    assert load_edition("x", rows=None, folder=tmp_path) == Edition("x", None, {"a folder/b.csv": "00ff", "c.gz": None})


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
