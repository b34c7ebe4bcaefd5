from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.toxic_chat import parse_record, read

HEADER = "conv_id,user_input,model_output,human_annotation,toxicity,jailbreaking,openai_moderation\n"
SCORES = '"[[""sexual"", 0.9], [""hate"", 0.1]]"'


def read_text(text: str, folder: Path) -> list[Item]:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return list(read(files={"data/0124/test.csv": path}))


@pytest.mark.parametrize(
    ("toxicity", "jailbreaking", "human", "label"),
    [
        ("1", "0", "True", "unsafe"),
        ("0", "1", "True", "safe"),
        ("1", "1", "False", "unsafe"),
        ("0", "0", "False", "safe"),
    ],
)
def test_read_toxicity_alone_is_the_label(toxicity: str, jailbreaking: str, human: str, label: str, tmp_path: Path):
    (item,) = read_text(f"{HEADER}a1,hello,well,{human},{toxicity},{jailbreaking},{SCORES}\n", tmp_path)
    assert (item.sample.request_label, item.sample.source_label) == (label, None)


def test_read_model_output_is_left_out(tmp_path: Path):
    (item,) = read_text(f'{HEADER}a1,"one,\ntwo",an unlabelled answer,True,0,0,{SCORES}\n', tmp_path)
    sample = item.sample
    assert (sample.request, sample.response, sample.response_label) == ("one,\ntwo", None, None)


def test_read_row_without_an_answer_is_a_sample(tmp_path: Path):
    (item,) = read_text(f"{HEADER}a1,hello,,True,0,0,{SCORES}\n", tmp_path)
    assert item.sample.request == "hello"


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        ({"user_input": "hello", "toxicity": ""}, "unknown label", "toxicity ''"),
        ({"user_input": "hello", "toxicity": None}, "unknown label", "toxicity None"),
        ({"user_input": "hello", "toxicity": True}, "unknown label", "toxicity True"),
        ({"user_input": "\n", "toxicity": "1"}, "empty text", "user_input"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict, reason: str, detail: str):
    item = parse_record(record, file="f", row=1)
    assert (item.reason, item.detail) == (reason, detail)


def test_read_short_row_is_rejected(tmp_path: Path):
    (item,) = read_text(f"{HEADER}a1,hello\n", tmp_path)
    assert (item.row, item.reason) == (1, "unreadable row")


def test_read_without_toxicity_names_it(tmp_path: Path):
    with pytest.raises(ValueError, match=r"toxic_chat: data/0124/test\.csv: .*missing toxicity"):
        read_text("conv_id,user_input\na1,hello\n", tmp_path)
