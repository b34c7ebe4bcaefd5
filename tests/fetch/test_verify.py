import hashlib
import logging
from pathlib import Path

import pytest

from proguard.fetch.verify import MARK, verify_file

TEXT = b"prompt,category\nkeep bees,privacy\n"


def verify(content: bytes, path: Path, *, pinned: bytes | None = TEXT, accepts_other: bool = False) -> bool:
    path.write_bytes(content)
    expected = None if pinned is None else hashlib.sha256(pinned).hexdigest()
    found = hashlib.sha256(content).hexdigest()
    return verify_file("k: a.csv", path, expected=expected, found=found, accepts_other=accepts_other)


def test_verify_file_with_the_pinned_checksum_is_verified_whatever_it_is(tmp_path: Path):
    page = b"<!DOCTYPE html><html>"
    assert verify(TEXT, tmp_path / "a")
    assert verify(page, tmp_path / "a", pinned=page)


def test_verify_file_without_a_pinned_checksum_is_not_verified(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        assert not verify(TEXT, tmp_path / "a", pinned=None)
    assert "k: a.csv is not verified, no checksum is pinned" in caplog.text


CRLF, CR = TEXT.replace(b"\n", b"\r\n"), TEXT.replace(b"\n", b"\r")


@pytest.mark.parametrize(
    ("content", "pinned", "difference"),
    [
        (CRLF, TEXT, "same text, other line ends"),
        (CR, TEXT, "same text, other line ends"),
        (TEXT, CRLF, "same text, other line ends"),
        (MARK + CRLF, MARK + TEXT, "same text, other line ends"),
        (MARK + TEXT, TEXT, "same text, other byte order mark"),
        (TEXT, MARK + CRLF, "same text, other byte order mark"),
        (TEXT + b"more", TEXT, "another file of 38 bytes"),
    ],
)
def test_verify_file_other_checksum_says_what_differs_and_what_to_do(content, pinned, difference, tmp_path: Path):
    with pytest.raises(
        ValueError, match=rf"k: a\.csv: expected sha256 \w+, found \w+: {difference}; .*accept_other_files"
    ):
        verify(content, tmp_path / "a", pinned=pinned)


def test_verify_file_other_checksum_that_is_accepted_is_not_verified(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        assert not verify(CRLF, tmp_path / "a", accepts_other=True)
    assert "accepted with another checksum than was pinned: same text, other line ends" in caplog.text


@pytest.mark.parametrize("accepts_other", [False, True])
@pytest.mark.parametrize("pinned", [TEXT, None])
def test_verify_file_that_is_no_data_is_never_accepted(pinned, accepts_other: bool, tmp_path: Path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    with pytest.raises(ValueError, match="k: a.csv: expected data, found a git-lfs pointer"):
        verify(pointer, tmp_path / "a", pinned=pinned, accepts_other=accepts_other)
