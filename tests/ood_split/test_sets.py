import polars as pl
import pytest

from proguard.ood_split.sets import select_set

ROWS = [
    ("d", "benchmark", "xstest", "safe"),
    ("b", "benchmark", "xstest", "unsafe"),
    ("c", "benchmark", "harmbench", "unsafe"),
    ("a", "train", "s", "safe"),
    ("e", None, "s", "safe"),
]
TABLE = pl.DataFrame(ROWS, schema=["id", "assigned", "source", "label"], orient="row")


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"split": "benchmark"}, "bcd"),
        ({"split": "benchmark", "sources": ["xstest"]}, "bd"),
        ({"split": "benchmark", "sources": ["xstest"], "label": "safe"}, "d"),
        ({"split": "train", "label": "safe"}, "a"),
    ],
)
def test_select_set_keeps_the_part_that_is_wanted(wanted, ids):
    assert "".join(select_set(TABLE, name="n", **wanted)["id"]) == ids


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ({"split": "val"}, "val"),
        ({"split": "train", "label": "unsafe"}, "train unsafe"),
        ({"split": "benchmark", "sources": ["xstest", "typo"]}, "benchmark of typo"),
    ],
)
def test_select_set_without_samples_says_what_there_is(wanted, what):
    there = "benchmark harmbench unsafe 1, benchmark xstest safe 1, benchmark xstest unsafe 1, train s safe 1"
    with pytest.raises(ValueError, match=rf"ood_split.sets.n: no samples \({what}\); .* There are: {there}"):
        select_set(TABLE, name="n", **wanted)
