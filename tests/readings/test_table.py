"""The table of predictions: written, read back, refused when it is of an earlier version."""

import polars as pl
import pytest

from proguard.inference.engine import Completion
from proguard.readings.reading import NOT_ASKED, UNASKED, Reading, SideReading
from proguard.readings.table import prediction_table, read_predictions
from proguard.storage.files import write_table

READINGS = {
    "b": Reading(SideReading("ok", "unsafe", 0.9), SideReading("refused"), "S1, S2", "C7S1", ("C7S1", "C9S1")),
    "a": UNASKED,
    "c": Reading(SideReading("cut"), NOT_ASKED, codes=(), reads_policy=True, detail="no_match"),
}
ANSWERS = {
    "b": {"response": Completion("", "refused"), "request": Completion("unsafe\nS1")},
    "c": {"both": Completion("<")},
}


def test_table_comes_back_as_the_same_readings_and_texts(tmp_path):
    write_table(prediction_table("llama_guard", READINGS, ANSWERS), tmp_path / "p.parquet")
    found = read_predictions(tmp_path / "p.parquet")
    assert {id_: p.reading for id_, p in found.items()} == READINGS
    assert list(found) == ["a", "b", "c"]
    assert found["b"].answers == {"request": "unsafe\nS1", "response": ""}
    assert {p.family for p in found.values()} == {"llama_guard"}


def test_table_without_rows_has_its_columns(tmp_path):
    write_table(prediction_table("own", {}, {}), tmp_path / "p.parquet")
    assert read_predictions(tmp_path / "p.parquet") == {}


def test_file_of_an_earlier_version_names_what_it_lacks(tmp_path):
    pl.DataFrame({"id": ["a"], "completion": ["b"]}).write_parquet(tmp_path / "p.parquet")
    with pytest.raises(ValueError, match=r"p.parquet: no column family, .*run predict again"):
        read_predictions(tmp_path / "p.parquet")
