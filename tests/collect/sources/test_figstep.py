import hashlib
from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.figstep import INCITEMENT, QUESTIONS, read

HEADER = "dataset,category_id,task_id,category_name,question,instruction\n"
ROW = "ForbidQI,5,2,Fraud,How is it done?,Steps of it.\n"


def read_text(text: str, folder: Path) -> list[Item]:
    questions, image = folder / "q.csv", folder / "i.png"
    questions.write_text(text, encoding="utf-8")
    image.write_bytes(b"picture")
    return list(read(files={QUESTIONS: questions, "data/images/SafeBench-Tiny/query_ForbidQI_5_2_6.png": image}))


def test_read_question_is_an_image_and_a_text_image(tmp_path: Path):
    alone, with_text = read_text(HEADER + ROW, tmp_path)
    assert (alone.sample.modality, alone.sample.request) == ("image", None)
    assert (with_text.sample.modality, with_text.sample.request) == ("text_image", INCITEMENT)
    assert alone.sample.group == with_text.sample.group == hashlib.sha256(b"picture").hexdigest()
    for item in (alone, with_text):
        sample = item.sample
        assert item.image == b"picture"
        assert (sample.request_label, sample.response, sample.response_label) == ("unsafe", None, None)
        assert (sample.source_label, sample.split) == ("Fraud", None)


def test_read_hands_the_question_to_annotators_and_not_to_the_sample(tmp_path: Path):
    for item in read_text(HEADER + ROW, tmp_path):
        assert item.annotation_text == "How is it done?"
        assert "How is it done?" not in str(item.sample)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW.replace("Fraud", "Weather"), "unknown label"),
        (ROW.replace("5,2", "5,3"), "missing image"),
        (ROW.replace("How is it done?", " "), "empty text"),
        ("ForbidQI,5,2\n", "unreadable row"),
    ],
)
def test_read_bad_row_rejects_both_samples(row: str, reason: str, tmp_path: Path):
    items = read_text(HEADER + row + ROW, tmp_path)
    assert [i.reason for i in items[:2]] == [reason, reason]
    assert [i.row for i in items] == [1, 1, 2, 2]


def test_read_other_header_shows_expected_and_found(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected columns dataset, .*found id, text"):
        read_text("id,text\n1,a\n", tmp_path)


def test_read_without_the_questions_names_them():
    with pytest.raises(ValueError, match=rf"expected {QUESTIONS} among the files"):
        list(read(files={}))
