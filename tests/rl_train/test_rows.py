"""Rows as verl reads them."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.collect.item import image_hash
from proguard.prompt import PromptFormat
from proguard.rl_train.fit import load_limit
from proguard.rl_train.rows import target_from_json, truth_to_json, write_verl_rows
from tests.pictures import case, naive
from tests.rl_train.test_overrides import CONFIG
from tests.worlds import draw_rows, store_images, taxonomy
from tools.closure import ROOT


@pytest.fixture
def verl_rows(tmp_path):
    rows, images = draw_rows(12)
    store = store_images(images, tmp_path / "images")
    for name in ("a", "b"):
        write(rows, store, tmp_path / f"{name}.parquet", max_tokens=999)
    return rows, images, tmp_path


def write(rows, store, path, *, max_tokens):
    config = replace(CONFIG, max_prompt_length=max_tokens, max_dropped_share=0.5)
    limit = load_limit(ROOT / "data" / "tiny_base", config)
    return write_verl_rows(rows, path, taxonomy=taxonomy(), prompt=PromptFormat("compact"), images=store, limit=limit)


def test_rows_that_do_not_fit_are_left_out_and_counted(tmp_path):
    from datasets import Dataset

    rows, images = draw_rows(12)
    rows[3] = replace(rows[3], sample=replace(rows[3].sample, request="how " * 400, modality="text", image=None))
    kept = write(rows, store_images(images, tmp_path / "images"), tmp_path / "a.parquet", max_tokens=300)
    table = Dataset.from_parquet(str(tmp_path / "a.parquet"), cache_dir=str(tmp_path / "cache"))
    assert (kept.kept, dict(kept.dropped)) == (11, {"prompt_too_long": 1})
    assert [row["index"] for row in table["extra_info"]] == [0, 1, 2, *range(4, 12)]


def test_rows_of_which_too_many_do_not_fit_are_an_error(tmp_path):
    rows, images = draw_rows(12)
    with pytest.raises(ValueError, match="12 of 12 training rows do not fit"):
        write(rows, store_images(images, tmp_path / "images"), tmp_path / "a.parquet", max_tokens=5)
    assert not (tmp_path / "a.parquet").exists()


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
    assert target_from_json(truth_to_json(rows[index])) == rows[index].target


@pytest.mark.parametrize("name", ["sign_plain.png", "sign_exif3.png"])
def test_rows_hold_images_that_any_reader_sees_upright(name, tmp_path):
    rows, _ = draw_rows(12)
    row = next(row for row in rows if row.sample.modality == "image")
    row = replace(row, sample=replace(row.sample, image=image_hash(case(name))))
    store = store_images({name: case(name)}, tmp_path / "images")
    write([row], store, tmp_path / "a.parquet", max_tokens=999)
    (image,) = pl.read_parquet(tmp_path / "a.parquet")["images"].to_list()[0]
    assert (naive(image["bytes"]) == naive(case("sign_plain.png"))).all()
