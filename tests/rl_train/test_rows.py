"""Rows as verl reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.prompt import PromptFormat
from proguard.rl_train.rows import target_from_json, target_to_json, write_verl_rows
from tests.worlds import draw_rows, store_images, taxonomy


@pytest.fixture
def verl_rows(tmp_path):
    rows, images = draw_rows(12)
    store = store_images(images, tmp_path / "images")
    for name in ("a", "b"):
        path = tmp_path / f"{name}.parquet"
        write_verl_rows(rows, path, taxonomy=taxonomy(), prompt=PromptFormat("compact"), images=store)
    return rows, images, tmp_path


def test_rows_are_byte_stable(verl_rows):
    _, _, folder = verl_rows
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()


def test_rows_read_back_with_as_many_placeholders_as_images(verl_rows):
    from datasets import Dataset

    rows, _, folder = verl_rows
    table = Dataset.from_parquet(str(folder / "a.parquet"), cache_dir=str(folder / "cache"))
    assert len(table) == len(rows)
    for ours, theirs in zip(rows, table, strict=True):
        placeholders = sum(message["content"].count("<image>") for message in theirs["prompt"])
        assert placeholders == len(theirs["images"]) == (ours.sample.image is not None)
        assert target_from_json(theirs["reward_model"]["ground_truth"]) == ours.target


@given(st.integers(0, 59))
def test_target_round_trip(index):
    rows, _ = draw_rows(60)
    assert target_from_json(target_to_json(rows[index].target)) == rows[index].target
