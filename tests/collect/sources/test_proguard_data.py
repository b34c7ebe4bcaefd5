import base64
import io
import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from proguard.collect.item import Item, image_hash
from proguard.collect.sources.proguard_data import parse_image, parse_message, parse_record, read
from proguard.taxonomy_map.label_map import load_label_maps
from tests.worlds import taxonomy
from tools.closure import ROOT

NAME = "Violent and Property Crime"


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def message(*texts: str) -> str:
    return json.dumps([{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)])


def row(**cells: object) -> dict[str, object]:
    return {
        "modality": "text",
        "message": message("How do I pick a lock?", "Ask a locksmith."),
        "query_label": "unsafe",
        "response_label": "safe",
        "category": "C9S3",
        "original_category": NAME,
        "synonymous_phrase": ["Crime"],
        "images": [],
    } | cells


def parse(**cells: object) -> Item:
    return parse_record(row(**cells), file="f", row=1)


def test_parse_record_text_has_both_labels_and_the_name_of_its_category():
    item = parse()
    sample = item.sample
    assert (sample.request, sample.request_label) == ("How do I pick a lock?", "unsafe")
    assert (sample.response, sample.response_label) == ("Ask a locksmith.", "safe")
    assert (sample.source_label, sample.category, sample.split, item.image) == (NAME, None, None, None)


def test_parse_record_image_has_no_text_and_no_response_label():
    item = parse(modality="image", message=message("", ""), images=[{"bytes": png(), "path": "a.png"}])
    sample = item.sample
    assert (sample.request, sample.response, sample.response_label) == (None, None, None)
    assert (sample.request_label, sample.image, item.image) == ("unsafe", image_hash(png()), png())


@pytest.mark.parametrize("modality", ["text-image", "text_image"])
def test_parse_record_text_and_image_loses_the_place_of_the_image(modality: str):
    sample = parse(modality=modality, message=message("<image>\nWhat is it?"), images=[{"bytes": png()}]).sample
    assert (sample.modality, sample.request, sample.image) == ("text_image", "What is it?", image_hash(png()))


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        # Hidden: the prompt showed no id, the name stayed.
        ({"category": ""}, NAME),
        # The id may be another one after a shuffle, the name is not.
        ({"category": "C1S1"}, NAME),
        ({"original_category": None}, "C9S3"),
        ({"original_category": "", "category": ""}, None),
        ({"query_label": "safe"}, None),
        ({"query_label": "safe", "response_label": "unsafe"}, NAME),
    ],
)
def test_parse_record_source_label_is_the_name_else_the_id_of_an_unsafe_row(
    cells: dict[str, object], label: str | None
):
    assert parse(**cells).sample.source_label == label


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_parse_record_blank_response_is_none_and_its_label_too(blank: str):
    sample = parse(message=message("How?", blank), query_label="safe", response_label="unsafe").sample
    assert (sample.response, sample.response_label, sample.source_label) == (None, None, None)


def test_parse_record_column_that_is_not_there_is_no_name():
    record = row()
    del record["original_category"]
    assert parse_record(record, file="f", row=1).sample.source_label == "C9S3"


@pytest.mark.parametrize("label", ["", None])
def test_parse_record_response_without_label_has_none(label: str | None):
    sample = parse(response_label=label).sample
    assert (sample.response, sample.response_label) == ("Ask a locksmith.", None)


def test_parse_record_label_without_response_is_dropped():
    sample = parse(message=message("How do I pick a lock?"), query_label="safe", response_label="unsafe").sample
    assert (sample.response, sample.response_label, sample.source_label) == (None, None, None)


def test_parse_record_several_turns_are_skipped():
    assert parse(message=message("Hi", "Hello", "Bye")).reason == "several turns"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"modality": "video"}, "unknown label"),
        ({"query_label": ""}, "unknown label"),
        ({"response_label": "harmful"}, "unknown label"),
        ({"query_label": ["unsafe"]}, "unknown label"),
        ({"message": "Hi"}, "wrong type"),
        ({"message": message(" ")}, "empty text"),
        ({"message": "[]"}, "wrong type"),
        ({"modality": "image"}, "missing image"),
        ({"modality": "image", "images": ["a.png"]}, "missing image"),
    ],
)
def test_parse_record_bad_row_is_rejected(cells: dict[str, object], reason: str):
    assert parse(**cells).reason == reason


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([{"role": "user", "content": "Hi"}], "expected a JSON text, found list"),
        ("Hi", "not JSON"),
        ('{"role": "user"}', "expected a list of objects"),
        ('[{"role": "assistant", "content": "Hi"}]', "turn 1: expected a text of the user, found role 'assistant'"),
        ('[{"role": "user", "content": null}]', "turn 1: expected a text of the user"),
    ],
)
def test_parse_message_of_another_shape_says_what_was_found(content: object, found: str):
    assert found in str(parse_message(content))


@pytest.mark.parametrize(
    "images",
    [
        [{"bytes": png(), "path": None}],
        {"bytes": png()},
        [png()],
        png(),
        base64.b64encode(png()).decode(),
        ["data:image/png;base64," + base64.b64encode(png()).decode()],
    ],
)
def test_parse_image_of_each_likely_shape_gives_its_bytes(images: object):
    assert parse_image(images) == png()


@pytest.mark.parametrize(
    ("images", "found"),
    [
        ([], "expected one image, found 0"),
        ([png(), png()], "expected one image, found 2"),
        (None, "found NoneType"),
        ([{"bytes": None, "path": "a.png"}], "found NoneType"),
        ([{"path": "a.png"}], "found dict"),
        ("images/a.png", "not base64"),
    ],
)
def test_parse_image_of_another_shape_says_what_was_found(images: object, found: str):
    assert found in str(parse_image(images))


def test_read_parquet_with_structs_gives_image_and_text(tmp_path: Path):
    image = {"bytes": png(), "path": "a.png"}
    pl.DataFrame([row(images=[image]), row(modality="image", images=[image])]).write_parquet(tmp_path / "a")
    items = list(read(files={"0000.parquet": tmp_path / "a"}))
    assert [(item.row, item.sample.modality, item.image) for item in items] == [(1, "text", None), (2, "image", png())]


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    pl.DataFrame([{"modality": "text", "messages": "[]"}]).write_parquet(tmp_path / "a")
    with pytest.raises(ValueError, match="expected columns modality, message, .*; missing message, query_label"):
        list(read(files={"0000.parquet": tmp_path / "a"}))


def test_label_map_of_the_project_knows_every_name_and_code():
    labels = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())["proguard_data"]
    for node in taxonomy():
        assert labels[node.name].target == labels[node.code].target == node.code
