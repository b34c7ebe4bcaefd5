import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from proguard.collect.item import Item, image_hash
from proguard.collect.sources.guard_reasoner_vl import parse_record, read, read_image

LIST = "GuardReasoner-VLTrainImage.json"
USER = "<image>\nHuman user:\n\n\nAI assistant:\nNone"


def draw(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def row_of(answer: str, *, image: str = "data/image/red.png") -> dict[str, Any]:
    said = [("system", "You judge."), ("user", USER), ("assistant", answer)]
    return {"messages": [{"role": role, "content": text} for role, text in said], "images": [image]}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "blob"
    path.write_bytes(draw("red"))
    return {"image/red.png": path}


def parse(record: dict[str, Any], files: dict[str, Path]) -> Item:
    return parse_record(record, files=files, file=LIST, row=7)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("<think>calm</think>\n<result>\nRequest: unharmful\nResponse: None\n</result>", "safe"),
        ("<think>odd</think>\n<result>\nRequest: harmful\nResponse: None\n</result>", "unsafe"),
        ("<think>At first Request: harmful, yet</think>\n<result>\nRequest: unharmful\nResponse: None", "safe"),
        ("<think>Request: unharmful?</think>\n<result>\nRequest: harmful\nResponse: unharmful", "unsafe"),
        ("<result>\nRequest: harmless\n", "safe"),
        ("<result>\nrequest:\nNone\n", "safe"),
    ],
)
def test_parse_record_last_verdict_on_the_request_counts(answer: str, label: str, files: dict[str, Path]):
    item = parse(row_of(answer), files)
    sample = item.sample
    assert sample.request_label == label
    assert (item.file, item.row, item.image, sample.image) == (LIST, 7, draw("red"), image_hash(draw("red")))
    assert (sample.modality, sample.request, sample.response, sample.response_label) == ("image", None, None, None)
    assert (sample.source_label, sample.category, sample.split) == (None, None, None)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (row_of("<result>\nResponse: harmful\n"), "unknown label"),
        (row_of("Request: maybe"), "unknown label"),
        (row_of("Request: harmful", image="data/image/blue.png"), "missing image"),
        (row_of("Request: harmful", image="/etc/hostname"), "missing image"),
        (row_of("Request: harmful", image="image/../image/red.png"), "missing image"),
        (row_of("Request: harmful") | {"images": []}, "wrong type"),
        (row_of("Request: harmful") | {"images": ["image/red.png", "image/red.png"]}, "wrong type"),
        (row_of("Request: harmful") | {"messages": "Request: harmful"}, "wrong type"),
        ({"messages": [{"role": "user", "content": "Request: harmful"}], "images": ["image/red.png"]}, "wrong type"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict[str, Any], reason: str, files: dict[str, Path]):
    assert parse(record, files).reason == reason


@pytest.mark.parametrize("path", ["image/red.png", "data/image/red.png", "./data/image/red.png"])
def test_read_image_folders_before_its_own_do_not_matter(path: str, files: dict[str, Path]):
    assert read_image(path, files) == draw("red")


def test_read_image_of_the_other_part_is_not_one_of_ours(files: dict[str, Path]):
    with pytest.raises(KeyError):
        read_image("data/text_image/red.png", files)


@pytest.mark.parametrize("folder", ["image/", ""])
def test_read_images_of_a_zip_in_parts_are_those_of_its_entries(folder: str, tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for colour in ("red", "blue"):
            archive.writestr(f"{folder}{colour}.png", draw(colour))
    content = buffer.getvalue()
    images = ["data/image/red.png", "data/image/green.png", "data/image/blue.png"]
    parts = {"image.zip.part-aa": content[:100], "image.zip.part-ab": content[100:]}
    rows = json.dumps([row_of("Request: harmful", image=image) for image in images]).encode()
    files = {name: tmp_path / name for name in ("GuardReasoner-VLTrainImage.json", *parts)}
    for name, part in {LIST: rows, **parts}.items():
        files[name].write_bytes(part)
    found, missing, last = read(files=files)
    assert (found.image, missing.reason, last.image) == (draw("red"), "missing image", draw("blue"))


def test_read_rows_keep_their_place(files: dict[str, Path], tmp_path: Path):
    path = tmp_path / LIST
    path.write_text(json.dumps([row_of("Request: harmful"), ["no object"], row_of("Request: unharmful")]))
    found, rejected, last = read(files={LIST: path, **files})
    assert (found.row, rejected.row, last.row) == (1, 2, 3)
    assert rejected.reason == "unreadable row"


def test_read_conversations_in_place_of_messages_show_what_was_found(files: dict[str, Path], tmp_path: Path):
    path = tmp_path / LIST
    path.write_text(json.dumps([{"conversations": [], "images": []}]))
    with pytest.raises(ValueError, match="expected columns messages, images; found conversations, images"):
        list(read(files={LIST: path, **files}))


def test_read_without_a_list_says_so(files: dict[str, Path]):
    with pytest.raises(ValueError, match=r"expected a list of rows \(\*\.json\)"):
        list(read(files=files))
