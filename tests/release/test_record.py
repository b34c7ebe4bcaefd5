import pytest

from proguard.release.record import read_record
from tests.release.pipelines import write_pipeline


def test_read_record_holds_defined_metrics_with_intervals_and_the_data(tmp_path):
    record = read_record(write_pipeline(tmp_path), "proguard")
    (measured,) = record.measured
    assert (measured.headline.title, measured.value, measured.low, measured.high) == (
        "Unsafe requests found",
        0.9,
        0.8,
        0.95,
    )
    assert [(s.name, s.licence, s.revision, s.samples) for s in record.sources] == [
        ("mini_world", "mit", "abc1234", 42),
        ("xstest", "not stated", "-", 0),
    ]


def test_read_record_without_a_run_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        read_record(tmp_path, "proguard")


def test_read_record_of_an_unknown_guard_names_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="no guard other; it has proguard"):
        read_record(write_pipeline(tmp_path), "other")
