import io
import struct
import zlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PIL import Image

from proguard.collect.image_checks import check_images
from proguard.collect.image_shards import ImageShards
from proguard.collect.intake import Intake, annotation_table, check_rows, count_rows, quarantine_table, take_in
from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash
from proguard.sample import Label, make_sample
from proguard.storage.images import ImageStore


def png(side: int = 4) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "PNG")
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", size), (b"IDAT", b"")]
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def text_item(request: str, label: Label = "safe", row: int = 1) -> Found:
    return Found("f", row, make_sample(source="s", modality="text", request=request, request_label=label))


def image_item(content: bytes, row: int = 1) -> Found:
    image = image_hash(content)
    return Found("f", row, make_sample(source="s", modality="image", image=image, request_label="safe"), content)


def take(items: list[Item], folder: Path, workers: int = 1) -> Intake:
    shards = ImageShards(folder)
    intake = take_in(check_images(items, known=shards, max_pixels=100, workers=workers), shards=shards)
    shards.flush()
    return intake


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty image"),
        (b"no picture", "undecodable image"),
        (png()[:-30], "undecodable image"),
        (png(11), "huge image"),
        (png_header(5_000, 5_000), "huge image"),
        (png_header(50_000, 50_000), "huge image"),
    ],
    ids=["empty", "text", "cut", "large", "claims-large", "bomb"],
)
def test_take_in_bad_image_is_rejected(content: bytes, reason: str, tmp_path: Path):
    intake = take([image_item(content, row=7)], tmp_path)
    (rejected,) = intake.rejected
    assert (rejected.file, rejected.row, rejected.reason) == ("f", 7, reason)
    assert intake.samples.is_empty()
    assert "0x" not in (rejected.detail or "")


def test_take_in_keeps_the_image_of_a_sample_once(tmp_path: Path):
    item = image_item(png())
    intake = take([item, item, text_item("a walk")], tmp_path)
    assert (intake.rows, intake.samples.height, intake.duplicates) == (3, 2, 1)
    assert ImageStore(tmp_path).read([item.sample.image]) == {item.sample.image: png()}


def test_take_in_duplicate_with_another_label_is_counted_and_the_first_kept(tmp_path: Path):
    first = text_item("a walk")
    intake = take([first, text_item("a walk", "unsafe"), text_item("a walk")], tmp_path)
    assert (intake.duplicates, intake.conflicts) == (2, 1)
    assert intake.samples.rows(named=True) == [asdict(first.sample)]


def test_take_in_image_of_another_sample_is_an_error_of_the_source(tmp_path: Path):
    item = Found("f", 1, image_item(png(3)).sample, png(4))
    with pytest.raises(ValueError, match=r"s: f row 1: the sample names image .* it came with"):
        take([item], tmp_path)


def test_take_in_sample_without_its_image_is_rejected(tmp_path: Path):
    intake = take([Found("f", 1, image_item(png()).sample, None)], tmp_path)
    assert [r.reason for r in intake.rejected] == ["empty image"]


@pytest.mark.parametrize("content", [png(), b"no picture", b""], ids=["good", "bad", "empty"])
def test_take_in_workers_change_nothing(content: bytes, tmp_path: Path):
    items = [image_item(png(1 + i % 9), row=i) for i in range(600)] + [image_item(content, row=600)]
    one, many = (take(items, tmp_path / str(workers), workers) for workers in (1, 4))
    assert one.samples.equals(many.samples)
    assert one.rejected == many.rejected
    assert (tmp_path / "1/images-00000.parquet").read_bytes() == (tmp_path / "4/images-00000.parquet").read_bytes()


def test_take_in_skipped_rows_are_counted_by_reason(tmp_path: Path):
    items = [Skipped("f", 1, "redacted"), Skipped("f", 2, "no label"), Skipped("f", 3, "redacted"), text_item("a")]
    intake = take(items, tmp_path)
    assert intake.skipped == {"no label": 1, "redacted": 2}
    assert (intake.rows, intake.rejected, intake.samples.height) == (4, [], 1)


def gave(rows: int, *, bad: int = 0, dead: int = 0, folder: Path) -> Intake:
    rejected = [Rejected("f", row, "empty text", "prompt") for row in range(1, bad + 1)]
    rejected += [Rejected("f", row, "dead link", "404") for row in range(bad + 1, bad + dead + 1)]
    return take([*rejected, *(Skipped("f", row, "rule") for row in range(bad + dead + 1, rows + 1))], folder)


@pytest.mark.parametrize(("rows", "expected_rows"), [(3, None), (3, 3)])
def test_check_rows_as_expected_passes(rows: int, expected_rows: int | None, tmp_path: Path):
    intake = gave(rows, folder=tmp_path)
    check_rows("k", intake, expected_rows=expected_rows, max_bad_share=0, max_dead_share=0)


@pytest.mark.parametrize(("rows", "expected_rows"), [(3, 4), (0, 4), (0, None)])
def test_check_rows_other_count_shows_expected_and_found(rows: int, expected_rows: int | None, tmp_path: Path):
    intake = gave(rows, folder=tmp_path)
    with pytest.raises(ValueError, match=rf"k: expected {expected_rows or 'some'} rows, found {rows}"):
        check_rows("k", intake, expected_rows=expected_rows, max_bad_share=1, max_dead_share=1)


def test_check_rows_bad_share_at_the_limit_passes_and_above_fails(tmp_path: Path):
    intake = gave(100, bad=10, dead=50, folder=tmp_path)
    check_rows("k", intake, expected_rows=None, max_bad_share=0.1, max_dead_share=1)
    message = r"10 of 100 rows \(10\.0%\) are bad, .* collect\.max_bad_share 9\.0%: f row 1: empty text \(prompt\)"
    with pytest.raises(ValueError, match=message) as error:
        check_rows("k", intake, expected_rows=None, max_bad_share=0.09, max_dead_share=1)
    assert "row 5" in str(error.value)
    assert "row 6" not in str(error.value)


def test_check_rows_dead_share_at_the_limit_passes_and_above_fails(tmp_path: Path):
    intake = gave(100, bad=1, dead=20, folder=tmp_path)
    check_rows("k", intake, expected_rows=None, max_bad_share=0.01, max_dead_share=0.2)
    with pytest.raises(ValueError, match=r"20 of 100 rows .* are dead links, .*max_dead_share 19\.0%: f row 2"):
        check_rows("k", intake, expected_rows=None, max_bad_share=0.01, max_dead_share=0.19)


def test_quarantine_table_is_sorted_by_source_file_and_row(tmp_path: Path):
    rejected = [
        Rejected("b", 2, "empty text"),
        Rejected("b", 1, "wrong type"),
        Rejected("a", 10, "empty text"),
    ]
    table = quarantine_table({"z": take(rejected, tmp_path), "y": take(rejected[:1], tmp_path)})
    expected = [("y", "b", 2), ("z", "a", 10), ("z", "b", 1), ("z", "b", 2)]
    assert table.select("source", "file", "row").rows() == expected
    assert quarantine_table({}).schema == table.schema


def test_count_rows_counts_one_and_all(tmp_path: Path):
    one = take([text_item("a walk"), text_item("a run", "unsafe"), text_item("a run", "unsafe")], tmp_path)
    two = take([image_item(png()), Rejected("f", 2, "empty text"), Skipped("f", 3, "rule")], tmp_path / "two")
    assert count_rows([two]) == {
        "rows": 3,
        "samples": 1,
        "duplicates": 0,
        "conflicts": 0,
        "quarantined": {"empty text": 1},
        "skipped": {"rule": 1},
        "modality": {"image": 1},
        "request_label": {"safe": 1},
        "response_label": {"absent": 1},
    }
    total = count_rows([one, two])
    assert total["rows"] == 6
    assert total["request_label"] == {"safe": 2, "unsafe": 1}
    assert total["duplicates"] == 1


def test_annotation_table_has_the_text_of_the_first_of_equal_samples_in_order_of_id(tmp_path: Path):
    items = [text_item("a"), text_item("b"), replace(text_item("a"), annotation_text="about a, again"), text_item("c")]
    items[0], items[1] = (replace(i, annotation_text=f"about {i.sample.request}") for i in items[:2])
    checked = [(item, None) for item in items]
    intake = take_in(checked, shards=ImageShards(tmp_path))
    expected = {item.sample.id: item.annotation_text for item in items[:2]}
    assert annotation_table([intake]).rows() == sorted(expected.items())
