import polars as pl

from proguard.row import ROW_SCHEMA, read_rows, rows_of
from tests.tables import write_rows
from tests.worlds import draw_rows, taxonomy


def test_read_rows_gives_back_what_was_written(tmp_path):
    rows, _ = draw_rows(12)
    write_rows(rows, tmp_path / "rows.parquet")
    assert read_rows(tmp_path / "rows.parquet", taxonomy()) == sorted(rows, key=lambda row: row.sample.id)


def test_rows_of_an_empty_table_is_none():
    assert rows_of(pl.DataFrame(schema=ROW_SCHEMA), taxonomy()) == []
