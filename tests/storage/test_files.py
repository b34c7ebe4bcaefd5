from pathlib import Path

import polars as pl
import pytest

from proguard.sample import Sample, make_sample
from proguard.storage.files import atomic_file, atomic_folder, read_json, read_samples, write_json
from tests.tables import samples_table


def text_sample(request: str) -> Sample:
    return make_sample(source="s", modality="text", request=request, request_label="safe")


def test_atomic_file_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_file_makes_missing_folders(tmp_path: Path):
    with atomic_file(tmp_path / "a/b/c.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a/b/c.txt").read_text() == "new"


def test_atomic_folder_replaces_the_old_one_whole(tmp_path: Path):
    path = tmp_path / "out"
    for name in ("old", "new"):
        with atomic_folder(path) as folder:
            (folder / name).touch()
    assert [p.name for p in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_folder_failure_keeps_the_old_one(tmp_path: Path):
    path = tmp_path / "out"
    with atomic_folder(path) as folder:
        (folder / "old").touch()
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert [p.name for p in path.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_write_json_equal_content_is_equal_bytes(tmp_path: Path):
    write_json({"b": 1, "a": "é"}, tmp_path / "one.json")
    write_json({"a": "é", "b": 1}, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert read_json(tmp_path / "one.json") == {"a": "é", "b": 1}


def test_read_samples_gives_back_what_was_written(tmp_path: Path):
    samples = [text_sample(f"walk {i}") for i in range(20)]
    samples_table(samples).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == sorted(samples, key=lambda s: s.id)


def test_read_samples_of_an_empty_table_is_none(tmp_path: Path):
    samples_table([]).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == []


def test_read_samples_missing_column_is_named(tmp_path: Path):
    samples_table([text_sample("a")]).drop("group").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet: no column group; it has id, source"):
        read_samples(tmp_path / "a.parquet")


def test_read_samples_other_columns_are_left_out(tmp_path: Path):
    samples_table([text_sample("a")]).with_columns(pl.lit(1).alias("x")).write_parquet(tmp_path / "a.parquet")
    assert read_samples(tmp_path / "a.parquet") == [text_sample("a")]
