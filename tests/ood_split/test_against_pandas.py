import pytest


@pytest.mark.slow
def test_balance_and_split_write_the_rows_that_the_same_work_in_pandas_writes(tmp_path):
    # Imports pandas, and the benchmark that holds the two against each other.
    from benchmarks.against_pandas import are_same_rows, load_settings, write_both, write_linked

    settings = load_settings(1500)
    write_linked(tmp_path / "linked.parquet", 1500, settings["modality_balance"]["mix"])
    write_both(tmp_path / "linked.parquet", tmp_path, settings, ["ours", "pandas"], 1)
    assert are_same_rows(tmp_path, settings)
