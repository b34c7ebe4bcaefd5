"""Rows that are released as ids come back from their source as they were."""

import subprocess
import sys

import polars as pl
import pytest
from datasets import load_dataset

from proguard.cli import main
from proguard.collect.files.editions import Access
from proguard.release.dataset.withheld import Rebuilt, rebuild_rows
from proguard.storage.files import read_json, write_json
from tests.release.dataset.world import write_pipeline

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path):
    """Rows by set, the data set, and the same with all rows as ids."""
    rows = write_pipeline(tmp_path, n=24)
    release = ["release", "--dataset", "--pipeline", str(tmp_path), "--output"]
    main([*release, str(tmp_path / "open")])
    main([*release, str(tmp_path / "ids"), "--withhold", "mini_world"])
    return rows, tmp_path / "open", tmp_path / "ids"


def access(tmp_path):
    return Access(mirror=None, cache=tmp_path / "cache", offline=True, hub_endpoint=None)


def read(folder, tmp_path, split):
    rows = load_dataset(str(folder), split=split, cache_dir=str(tmp_path / "cache" / folder.name))
    return {row["id"]: row for row in rows}


def test_withheld_rows_hold_ids_and_what_is_ours(world, tmp_path):
    rows, _, ids = world
    assert not (ids / "data").exists() or not list((ids / "data").iterdir())
    kept = pl.read_parquet(ids / "withheld/train.parquet")
    assert sorted(kept["id"]) == sorted(row.sample.id for row in rows["train"])
    assert kept.columns == ["id", "source", "category", "policy", "role", "sha256"]
    text = (ids / "README.md").read_text()
    assert "python rebuild.py" in text
    assert "| ids: withheld on request |" in text


def test_rebuilt_rows_equal_the_originals(world, tmp_path):
    rows, whole, ids = world
    done = rebuild_rows(ids, access(tmp_path))
    assert done == {name: Rebuilt(len(members), missing=0, changed=0) for name, members in rows.items()}
    # The name that the card gives.
    assert list(ids.glob("data/train-rebuilt-*.parquet"))
    for split in ("train", "validation", "test"):
        expected, found = read(whole, tmp_path, split), read(ids, tmp_path, split)
        assert found.keys() == expected.keys()
        for id_, row in expected.items():
            images = [[image.tobytes() for image in each.pop("images")] for each in (row, found[id_])]
            assert images[0] == images[1]
            assert found[id_] == row


def test_rows_that_the_source_lost_or_changed_are_counted_and_left_out(world, tmp_path):
    rows, _, ids = world
    settings = read_json(ids / "rebuild.json")
    settings["collect"]["sources"]["mini_world"]["read"]["n_train"] = 12
    write_json(settings, ids / "rebuild.json")
    kept = pl.read_parquet(ids / "withheld/test.parquet")
    kept.with_columns(sha256=pl.lit("other")).write_parquet(ids / "withheld/test.parquet")
    done = rebuild_rows(ids, access(tmp_path))
    assert done["test"] == Rebuilt(0, missing=0, changed=len(rows["test"]))
    assert done["train"].missing > 0
    assert done["train"].rows + done["train"].missing == len(rows["train"])


def test_script_rebuilds_from_any_folder(world, tmp_path):
    rows, _, ids = world
    done = subprocess.run(
        [sys.executable, str(ids / "rebuild.py"), "--cache", str(tmp_path / "cache")],
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"train: {len(rows['train'])} rows added" in done.stdout
    assert not [path for path in ids.iterdir() if path.name.startswith("tmp")]
