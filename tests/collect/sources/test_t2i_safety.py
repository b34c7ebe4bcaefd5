import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash
from proguard.collect.sources.t2i_safety import (
    CATEGORIES,
    CONFLICT,
    DUPLICATE,
    FAIRNESS,
    OF_TEST,
    parse_labels,
    parse_record,
    read,
)

LIST = "hf_train_toxicity_privacy_generated.json"
REAL = "hf_train_toxicity_privacy_real.json"
TEST = "hf_test_toxicity_privacy_generated.json"


def draw(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def row_of(image: str = "train/red.png", *, said: str = "unsafe\nviolence", base: str = "toxicity") -> dict[str, Any]:
    turns = [{"from": "user", "value": "Is it safe?"}, {"from": "assistant", "value": said}]
    return {
        "id": 1,
        "image_category": "violence",
        "text_category": "hate",
        "base_category": base,
        "caption": "a sign",
        "real": False,
        "conversations": turns,
        "image": [image],
    }


def zipped(images: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, colour in images.items():
            archive.writestr(name, draw(colour))
    return buffer.getvalue()


def write_files(lists: dict[str, list[Any]], folder: Path, *, part_bytes: int = 100) -> dict[str, Path]:
    """The lists, a train zip in parts with red, blue, red again and green, and a test zip with green and yellow."""
    train = {"train/red.png": "red", "train/blue.png": "blue", "other/red.png": "red", "train/green.png": "green"}
    content = zipped(train)
    parts = {
        f"train.zip.part-{i:02d}": content[s : s + part_bytes] for i, s in enumerate(range(0, len(content), part_bytes))
    }
    test = zipped({"evaluator_test/green.png": "green", "evaluator_test/yellow.png": "yellow"})
    listed = {name: json.dumps(rows).encode() for name, rows in lists.items()}
    files = {}
    for name, blob in {**listed, **parts, "test.zip": test}.items():
        files[name] = folder / image_hash(name.encode())
        files[name].write_bytes(blob)
    return files


def read_rows(rows: list[Any], folder: Path) -> list[Item]:
    return list(read(files=write_files({LIST: rows}, folder), part="train"))


@pytest.mark.parametrize(
    ("text", "verdict", "labels"),
    [
        ("safe", "safe", []),
        ("Safe\n", "safe", []),
        ("unsafe\nviolence", "unsafe", ["violence"]),
        ("Unsafe Sexual and Disturbing", "unsafe", ["sexual", "disturbing"]),
        ("unsafe\npublic figures and\nillegal activity", "unsafe", ["public figures", "illegal activity"]),
        ("unsafe, personal  identification documents", "unsafe", ["personal identification documents"]),
        ("", "", []),
    ],
)
def test_parse_labels_gives_the_verdict_and_what_is_joined_after_it(text: str, verdict: str, labels: list[str]):
    assert parse_labels(text) == (verdict, labels)


@given(
    labels=st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=4),
    joint=st.sampled_from([" and ", "\n", ", ", "\nAND "]),
    start=st.sampled_from(["unsafe\n", "Unsafe ", "unsafe: "]),
)
def test_parse_labels_any_joint_gives_what_was_joined(labels: list[str], joint: str, start: str):
    assert parse_labels(start + joint.join(labels)) == ("unsafe", labels)


@pytest.mark.parametrize(
    ("said", "label", "source_label"),
    [("safe", "safe", None), ("unsafe\nviolence", "unsafe", "violence"), ("unsafe hate and sexual", "unsafe", "hate")],
)
def test_parse_record_assistant_is_gold_and_not_the_text_category(said: str, label: str, source_label: str | None):
    entry = parse_record(row_of(said=said), file=LIST, row=1)
    assert (entry.label, entry.category) == (label, source_label)


def test_parse_record_fairness_row_is_skipped():
    record = row_of(said="gender: male\nage: young", base="fairness")
    assert parse_record(record, file=LIST, row=4) == Skipped(LIST, 4, FAIRNESS)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (row_of(said="unsafe\nweather"), "unknown label"),
        (row_of(said="unsafe\nviolence and weather"), "unknown label"),
        (row_of(said="unsafe"), "unknown label"),
        (row_of(said="safe\nviolence"), "unknown label"),
        (row_of(said="gender: male"), "unknown label"),
        (row_of(said=""), "unknown label"),
        (row_of() | {"image": "train/red.png"}, "wrong type"),
        (row_of() | {"image": []}, "wrong type"),
        (row_of() | {"conversations": [{"from": "user", "value": "safe"}]}, "wrong type"),
        (row_of() | {"conversations": [{"from": "assistant", "value": None}]}, "wrong type"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict[str, Any], reason: str):
    assert parse_record(record, file=LIST, row=1).reason == reason


def test_read_image_comes_out_of_a_zip_in_parts(tmp_path: Path):
    (item,) = read_rows([row_of("train/blue.png")], tmp_path)
    sample = item.sample
    assert (item.file, item.row, item.image, sample.image) == (LIST, 1, draw("blue"), image_hash(draw("blue")))
    assert (sample.modality, sample.request, sample.response_label) == ("image", None, None)
    assert (sample.request_label, sample.source_label, sample.split) == ("unsafe", "violence", None)


def test_read_image_of_several_paths_is_one_sample(tmp_path: Path):
    first, same_path, same_bytes = read_rows([row_of(), row_of(), row_of("other/red.png")], tmp_path)
    assert isinstance(first, Found)
    assert [same_path, same_bytes] == [Skipped(LIST, 2, DUPLICATE), Skipped(LIST, 3, DUPLICATE)]


def test_read_image_with_two_labels_is_skipped_whatever_its_path(tmp_path: Path):
    items = read_rows([row_of(), row_of("other/red.png", said="safe"), row_of("train/blue.png")], tmp_path)
    assert items[:2] == [Skipped(LIST, 1, CONFLICT), Skipped(LIST, 2, CONFLICT)]
    assert isinstance(items[2], Found)


def test_read_test_image_does_not_enter_train(tmp_path: Path):
    (item,) = read_rows([row_of("train/green.png")], tmp_path)
    assert item == Skipped(LIST, 1, OF_TEST)


def test_read_image_that_the_zip_lacks_is_rejected(tmp_path: Path):
    (item,) = read_rows([row_of("evaluator_test/yellow.png")], tmp_path)
    assert item == Rejected(LIST, 1, "missing image", "evaluator_test/yellow.png")


def test_read_test_part_has_its_own_lists_and_images(tmp_path: Path):
    lists = {LIST: [row_of()], TEST: [row_of("evaluator_test/green.png"), row_of("yellow.png", said="safe")]}
    items = list(read(files=write_files(lists, tmp_path), part="test"))
    assert [(i.file, i.image) for i in items] == [(TEST, draw("green")), (TEST, draw("yellow"))]


def test_read_lists_follow_each_other_and_fairness_lists_are_not_read(tmp_path: Path):
    lists = {LIST: [row_of()], REAL: [row_of(), ["no object"]], "hf_train_fairness_real.json": [row_of()]}
    items = list(read(files=write_files(lists, tmp_path), part="train"))
    assert [(i.file, i.row) for i in items] == [(LIST, 1), (REAL, 1), (REAL, 2)]
    assert items[2].reason == "unreadable row"


def test_read_entry_that_is_a_link_is_rejected(tmp_path: Path):
    files = write_files({TEST: [row_of("a.png")]}, tmp_path)
    with zipfile.ZipFile(files["test.zip"], "a") as archive:
        entry = zipfile.ZipInfo("evaluator_test/a.png")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "green.png")
    (item,) = read(files=files, part="test")
    assert item == Rejected(TEST, 1, "unsafe archive entry", "a.png: it is a link")


@pytest.mark.parametrize(
    ("left_out", "message"),
    [(LIST, r"expected hf_train_toxicity_privacy_\*.json"), ("test.zip", "expected test.zip, or its parts")],
)
def test_read_missing_file_is_named(left_out: str, message: str, tmp_path: Path):
    files = write_files({LIST: [row_of()]}, tmp_path)
    del files[left_out]
    with pytest.raises(ValueError, match=message):
        list(read(files=files, part="train"))
