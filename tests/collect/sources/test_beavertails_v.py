import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from proguard.collect.item import Item, image_hash
from proguard.collect.sources.beavertails_v import CATEGORIES, parse_record, read

EVALUATION = "data/animal_abuse/evaluation.parquet"
TRAIN = "data/false_information/train-00000-of-00001.parquet"


def draw(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def row_of(**changes: Any) -> dict[str, Any]:
    row = {"question": "How is it done?", "image": {"bytes": draw("red"), "path": "1.png"}, "category": "animal_abuse"}
    return row | {"image_severity": 2, "response": "I would rather not.", "is_response_safe": "yes"} | changes


def write_rows(rows: list[dict[str, Any]], folder: Path) -> Path:
    path = folder / f"blob{len(list(folder.iterdir()))}"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def parse(record: dict[str, Any]) -> Item:
    return parse_record(record, file=EVALUATION, row=1)


@pytest.mark.parametrize(("verdict", "label"), [("yes", "safe"), ("no", "unsafe")])
def test_parse_record_question_is_unsafe_and_the_answer_as_labelled(verdict: str, label: str):
    item = parse(row_of(is_response_safe=verdict))
    sample = item.sample
    assert (sample.request_label, sample.response_label) == ("unsafe", label)
    assert (sample.modality, sample.request, sample.response) == (
        "text_image",
        "How is it done?",
        "I would rather not.",
    )
    assert (item.image, sample.image, sample.source_label) == (draw("red"), image_hash(draw("red")), "animal_abuse")
    assert (sample.category, sample.split) == (None, None)


def test_parse_record_rows_of_a_question_share_a_group_whatever_their_image():
    one, two = row_of(response="Yes."), row_of(question="how is it done", image={"bytes": draw("blue"), "path": None})
    other = row_of(question="How was it done?")
    assert parse(one).sample.group == parse(two).sample.group != parse(other).sample.group
    assert parse(one).sample.id != parse(two).sample.id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_response_safe": "maybe"}, "unknown label"),
        ({"is_response_safe": True}, "unknown label"),
        ({"is_response_safe": None}, "unknown label"),
        ({"question": " "}, "empty text"),
        ({"response": ""}, "empty text"),
        ({"response": None}, "wrong type"),
        ({"image": None}, "missing image"),
        ({"image": {"bytes": None, "path": "1.png"}}, "missing image"),
    ],
)
def test_parse_record_bad_row_is_rejected(changes: dict[str, Any], reason: str):
    assert parse(row_of(**changes)).reason == reason


@pytest.mark.parametrize(
    ("part", "name", "category"), [("test", EVALUATION, "animal_abuse"), ("train", TRAIN, "false_information")]
)
def test_read_part_picks_its_files_and_the_folder_names_the_category(
    part: str, name: str, category: str, tmp_path: Path
):
    rows = [row_of(category="as the column spells it"), row_of(response="No.")]
    files = {EVALUATION: write_rows(rows, tmp_path), TRAIN: write_rows(rows, tmp_path)}
    items = list(read(files=files, part=part))
    assert [(i.file, i.row, i.sample.source_label) for i in items] == [(name, 1, category), (name, 2, category)]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "preference pairs without rates, as older revisions of PKU-Alignment/BeaverTails-V"),
        ({"response_1_harmless_rate": 0.5}, "preference pairs with rates, as saferlhf-v/BeaverTails-V"),
    ],
)
def test_read_preference_schema_is_named_with_the_way_out(more: dict[str, float], kind: str, tmp_path: Path):
    pair = {"question": "How?", "category": "animal_abuse", "image_severity": 1, "image": {"bytes": b"x", "path": ""}}
    pair |= {"response_1": "A.", "response_2": "B.", "is_response_1_safe": "yes", "is_response_2_safe": "no"}
    path = write_rows([pair | {"safer_response_id": 1} | more], tmp_path)
    with pytest.raises(ValueError, match=rf"found {kind}.*newest revision of PKU-Alignment/BeaverTails-V"):
        list(read(files={EVALUATION: path}, part="test"))


def test_read_other_schema_shows_expected_and_found(tmp_path: Path):
    path = write_rows([{"question": "How?", "answer": "So."}], tmp_path)
    with pytest.raises(ValueError, match="expected columns question, image, .*found answer, question"):
        list(read(files={EVALUATION: path}, part="test"))


def test_read_unknown_folder_is_no_category(tmp_path: Path):
    with pytest.raises(
        ValueError, match="data/weather/evaluation.parquet: expected the folder of a category.*'weather'"
    ):
        list(read(files={"data/weather/evaluation.parquet": write_rows([row_of()], tmp_path)}, part="test"))


def test_read_no_file_of_the_part_names_the_setting(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected train\*\.parquet \(read.part\)"):
        list(read(files={EVALUATION: write_rows([row_of()], tmp_path)}, part="train"))


def test_categories_are_twenty():
    assert len(set(CATEGORIES)) == 20
