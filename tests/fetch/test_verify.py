import hashlib
import logging
from pathlib import Path

import pytest

from proguard.fetch.verify import MARK, hash_text, verify_file

TEXT = b"prompt,category\nkeep bees,privacy\n"


def verify(
    content: bytes,
    path: Path,
    *,
    pinned: bytes | None = TEXT,
    pins_text: bool = False,
    accepts_other: bool = False,
    setting: str | None = "k.accept_other_files",
) -> bool:
    path.write_bytes(content)
    return verify_file(
        "k: a.csv",
        path,
        expected=None if pinned is None else hashlib.sha256(pinned).hexdigest(),
        found=hashlib.sha256(content).hexdigest(),
        expected_text=hash_text(pinned) if pinned and pins_text else None,
        accepts_other=accepts_other,
        setting=setting,
    )


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
        ValueError,
        match=rf"k: a\.csv: expected sha256 \w+, found \w+: {difference}; .* -S '\+\+k\.accept_other_files=true'",
    ):
        verify(content, tmp_path / "a", pinned=pinned)


MIXED = b'prompt,text\r\nkeep bees,"of\nmany\rlines"\r\n'
LF = MIXED.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


@pytest.mark.parametrize("content", [LF, LF.replace(b"\n", b"\r\n"), LF.replace(b"\n", b"\r"), MARK + MIXED, MARK + LF])
def test_verify_file_copy_of_a_text_with_mixed_line_ends_is_known_by_its_text(content: bytes, tmp_path: Path):
    with pytest.raises(ValueError, match="same text, other line ends or byte order mark"):
        verify(content, tmp_path / "a", pinned=MIXED, pins_text=True)
    with pytest.raises(ValueError, match=f"another file of {len(content)} bytes"):
        verify(content, tmp_path / "a", pinned=MIXED)


@pytest.mark.parametrize("content", [LF.replace(b"bees", b"wasps"), LF.replace(b"\n", b"\n\n"), MARK + MIXED[:-2]])
def test_verify_file_other_text_than_a_pinned_one_is_another_file(content: bytes, tmp_path: Path):
    with pytest.raises(ValueError, match=f"another file of {len(content)} bytes"):
        verify(content, tmp_path / "a", pinned=MIXED, pins_text=True)


def test_verify_file_without_a_setting_that_accepts_it_names_none(tmp_path: Path):
    with pytest.raises(ValueError, match=r"get the pinned file$"):
        verify(CRLF, tmp_path / "a", setting=None)


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
