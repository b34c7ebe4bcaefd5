"""Rows as verl reads them."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.collect.item import image_hash
from proguard.prompt import PromptFormat
from proguard.rl_train.rows import target_from_json, target_to_json, write_verl_rows
from tests.pictures import case, naive
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


@pytest.mark.parametrize("name", ["sign_plain.png", "sign_exif3.png"])
def test_rows_hold_images_that_any_reader_sees_upright(name, tmp_path):
    rows, _ = draw_rows(12)
    row = next(row for row in rows if row.sample.modality == "image")
    row = replace(row, sample=replace(row.sample, image=image_hash(case(name))))
    store = store_images({name: case(name)}, tmp_path / "images")
    write_verl_rows([row], tmp_path / "a.parquet", taxonomy=taxonomy(), prompt=PromptFormat("compact"), images=store)
    (image,) = pl.read_parquet(tmp_path / "a.parquet")["images"].to_list()[0]
    assert (naive(image["bytes"]) == naive(case("sign_plain.png"))).all()
