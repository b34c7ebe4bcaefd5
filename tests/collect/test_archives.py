import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from proguard.collect.archives import ZipImages, entry_fault


def zipped(entries: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def write_parts(content: bytes, folder: Path, *, size: int) -> tuple[Path, ...]:
    paths = []
    for i, start in enumerate(range(0, len(content), size)):
        paths.append(folder / f"a.zip.part-{chr(97 + i // 26)}{chr(97 + i % 26)}")
        paths[-1].write_bytes(content[start : start + size])
    return tuple(paths)


def write_zip(entries: dict[str, bytes], folder: Path, **settings: int) -> tuple[Path, ...]:
    return write_parts(zipped(entries, **settings), folder, size=2**30)


@pytest.mark.parametrize("size", [7, 64, 2**20])
def test_read_zip_in_parts_gives_the_bytes_in_any_order(size: int, tmp_path: Path):
    entries = {f"top/{i}.png": bytes([i]) * 40 for i in range(5)}
    with ZipImages(write_parts(zipped(entries, method=zipfile.ZIP_STORED), tmp_path, size=size)) as images:
        for name in reversed(entries):
            assert images.read(name) == entries[name]


def test_read_name_below_the_only_top_folder_is_found(tmp_path: Path):
    with ZipImages(write_zip({"test_images/a/1.png": b"one"}, tmp_path)) as images:
        assert images.read("a/1.png") == images.read("test_images/a/1.png") == b"one"


def test_read_several_top_folders_need_the_whole_name(tmp_path: Path):
    with ZipImages(write_zip({"a/1.png": b"one", "b/2.png": b"two"}, tmp_path)) as images, pytest.raises(KeyError):
        images.read("1.png")


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "a/../../b.png", "C:/a.png", "a\\b.png", ".."])
def test_read_path_that_leaves_the_folder_is_refused(name: str, tmp_path: Path):
    with ZipImages(write_zip({name: b"x", "b.png": b"y"}, tmp_path)) as images:
        with pytest.raises(ValueError, match="leaves the folder"):
            images.read(name)
        assert images.read("b.png") == b"y"


@pytest.mark.parametrize("name", ["a..b/c.png", "..a/b.png", "a/b...png"])
def test_read_dots_inside_a_name_are_fine(name: str, tmp_path: Path):
    with ZipImages(write_zip({name: b"x"}, tmp_path)) as images:
        assert images.read(name) == b"x"


def test_read_link_is_refused(tmp_path: Path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("a.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "b.png")
    with ZipImages((path,)) as images, pytest.raises(ValueError, match="it is a link"):
        images.read("a.png")


def test_entry_fault_encrypted_is_refused():
    entry = zipfile.ZipInfo("a.png")
    entry.flag_bits |= 1
    assert entry_fault(entry, max_bytes=10) == "it is encrypted"


def test_read_method_that_unpacks_without_bound_is_refused(tmp_path: Path):
    paths = write_zip({"a.png": b"x"}, tmp_path, method=zipfile.ZIP_BZIP2)
    with ZipImages(paths) as images, pytest.raises(ValueError, match="compression method is 12"):
        images.read("a.png")


def test_read_entry_of_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path):
    paths = write_zip({"a.png": b"x" * 10, "b.png": b"x" * 11}, tmp_path)
    with ZipImages(paths, max_bytes=10) as images:
        assert images.read("a.png") == b"x" * 10
        with pytest.raises(ValueError, match="it has 11 bytes, more than 10"):
            images.read("b.png")


def test_read_bomb_that_declares_less_is_refused_in_little_memory(tmp_path: Path):
    size = 50 * 2**20
    content = zipped({"a.png": bytes(size)}).replace(struct.pack("<I", size), struct.pack("<I", 1000))
    with ZipImages(write_parts(content, tmp_path, size=2**30)) as images:
        tracemalloc.start()
        with pytest.raises(ValueError, match="not what the archive declares"):
            images.read("a.png")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < size / 20


def test_read_changed_bytes_are_refused(tmp_path: Path):
    content = zipped({"a.png": b"picture"}, method=zipfile.ZIP_STORED).replace(b"picture", b"pixture")
    with ZipImages(write_parts(content, tmp_path, size=2**30)) as images, pytest.raises(ValueError, match="broken"):
        images.read("a.png")


@pytest.mark.parametrize("left_out", [0, 1, -1])
def test_enter_missing_part_names_the_parts(left_out: int, tmp_path: Path):
    entries = {f"{i}.png": bytes([i]) * 100 for i in range(4)}
    paths = list(write_parts(zipped(entries, method=zipfile.ZIP_STORED), tmp_path, size=200))
    del paths[left_out]
    with pytest.raises(ValueError, match="a.zip.part-a.*all of its parts in order"), ZipImages(tuple(paths)):
        pass


def test_fingerprint_equal_bytes_share_it(tmp_path: Path):
    with ZipImages(write_zip({"a/1.png": b"one", "b/1.png": b"one", "b/2.png": b"two"}, tmp_path)) as images:
        assert images.fingerprint("a/1.png") == images.fingerprint("b/1.png") != images.fingerprint("b/2.png")
        assert images.fingerprint("c.png") is None
        assert len(images.fingerprints()) == 2
