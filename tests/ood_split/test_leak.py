import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.leak import check_no_leak, with_lone_text
from proguard.text import normalise_text


def make(*splits, is_novel=False):
    """Return a table of rows with one image, assigned to ``splits``."""
    return pl.DataFrame({"id": list("xyz")[: len(splits)], "assigned": splits}).with_columns(
        image=pl.lit("i"), is_novel=pl.lit(is_novel)
    )


@pytest.mark.parametrize("splits", [("train", "test"), ("train", "val"), ("val", "benchmark")])
def test_check_no_leak_names_what_crosses(splits):
    with pytest.raises(RuntimeError, match="image 'i' is in more than one split"):
        check_no_leak(make(*splits), ["image"])


@pytest.mark.parametrize("splits", [("train", "train", None), ("test", "benchmark")])
def test_check_no_leak_passes_what_stands_on_one_side(splits):
    check_no_leak(make(*splits), ["image"])


def test_check_no_leak_names_a_novel_row_in_training():
    with pytest.raises(RuntimeError, match="sample x is novel"):
        check_no_leak(make("train", is_novel=True), [])


@pytest.mark.parametrize("split", ["test", "benchmark"])
def test_check_no_leak_passes_a_novel_row_that_is_tested(split):
    check_no_leak(make(split, is_novel=True), [])


def test_with_lone_text_normalises_and_leaves_out_what_stands_with_an_image():
    rows = {"id": list("abcd"), "request": ["A  cat!", "what is this", "What is this?", None]}
    table = pl.DataFrame(rows | {"image": [None, None, "i", "i"]})
    assert with_lone_text(table)["lone_text"].to_list() == ["a cat", None, None, None]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=9))
def test_with_lone_text_is_what_stage_leakage_compares(requests):
    table = pl.DataFrame(
        {"request": requests, "image": [None] * len(requests)}, schema=dict.fromkeys(("request", "image"), pl.String())
    )
    assert with_lone_text(table)["lone_text"].to_list() == [normalise_text(request) for request in requests]
