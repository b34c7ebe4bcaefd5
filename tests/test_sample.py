from dataclasses import replace

import polars as pl
import pytest

from proguard.sample import Sample, content_hash, make_sample, read_samples, relabel
from tests.tables import samples_table


def make(**fields: object) -> Sample:
    return make_sample(**({"source": "s", "modality": "text", "request": "a walk", "request_label": "safe"} | fields))


def test_make_sample_id_is_its_content_and_not_its_labels():
    assert make().id == make(request_label="unsafe", category="C1S1", split="test", group="g").id
    others = [
        make(source="t"),
        make(request="a run"),
        make(response="ok"),
        make(modality="text_image", image="h"),
    ]
    assert len({make().id, *(s.id for s in others)}) == 5


def test_make_sample_group_is_the_image_then_the_normalised_request():
    assert make(modality="text_image", image="h").group == "h"
    assert make(request="A  walk!").group == make(request="a walk").group
    assert make(group="g").group == "g"


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_make_sample_blank_response_is_absent(blank: str):
    assert make(response=blank) == make(response=None)
    assert not make(response=blank).has_response
    assert not replace(make(response="ok"), response=blank).has_response
    assert make(response="ok").has_response


@pytest.mark.parametrize("fields", [{}, {"response": "ok"}, {"response": ""}, {"modality": "text_image", "image": "h"}])
def test_relabel_equals_the_sample_made_there(fields: dict[str, object]):
    assert relabel(make(**fields), source="t", split="benchmark") == make(**fields, source="t", split="benchmark")


def test_relabel_as_it_is_changes_nothing():
    assert relabel(make(split="train"), source="s", split="train") == make(split="train")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"modality": "video"}, "modality must be one of .*text_image.*, found 'video'"),
        ({"request": None}, "request must be a text"),
        ({"request": " "}, "request must be a text"),
        ({"modality": "image", "image": "h"}, "request must be absent"),
        ({"image": "h"}, "image must be absent"),
        ({"modality": "text_image"}, "image must be a hash"),
        ({"response_label": "safe"}, "response_label 'safe' without a response"),
        ({"response": " ", "response_label": "safe"}, "response_label 'safe' without a response"),
        ({"modality": "image", "request": None, "image": "h", "response": "ok"}, "response must be absent"),
        ({"request_label": "harmful"}, "request_label must be one of .* found 'harmful'"),
        ({"response": "ok", "response_label": "no"}, "response_label must be one of .* found 'no'"),
    ],
)
def test_make_sample_contradiction_is_named(fields: dict[str, object], message: str):
    with pytest.raises(ValueError, match=f"s: .*{message}"):
        make(**fields)


@pytest.mark.parametrize(
    ("request_label", "response_label", "is_unsafe"),
    [("safe", "safe", False), (None, None, False), ("unsafe", "safe", True), ("safe", "unsafe", True)],
)
def test_is_unsafe_is_either_label(request_label: str | None, response_label: str | None, is_unsafe: bool):
    sample = make(response="ok", request_label=request_label, response_label=response_label)
    assert sample.is_unsafe is is_unsafe


def test_content_hash_keeps_absent_apart_from_empty_and_parts_apart():
    assert (
        len(
            {
                content_hash(None),
                content_hash(""),
                content_hash("a", "b"),
                content_hash("ab"),
                content_hash("None"),
            }
        )
        == 5
    )


def test_read_samples_gives_back_what_was_written(tmp_path):
    samples = [make(request=f"walk {i}") for i in range(20)]
    samples_table(samples).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == sorted(samples, key=lambda s: s.id)


def test_read_samples_of_an_empty_table_is_none(tmp_path):
    samples_table([]).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == []


def test_read_samples_missing_column_is_named(tmp_path):
    samples_table([make()]).drop("group").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet: no column group; it has id, source"):
        read_samples(tmp_path / "a.parquet")


def test_read_samples_other_columns_are_left_out(tmp_path):
    samples_table([make()]).with_columns(pl.lit(1).alias("x")).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == [make()]
