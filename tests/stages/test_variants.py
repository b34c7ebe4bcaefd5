"""Stages variants and predict_variants, on a small test set."""

from pathlib import Path

import pytest

from proguard.readings.table import read_predictions
from proguard.storage.files import read_json
from proguard.storage.images import ImageStore
from proguard.variant import SUITES, read_variants
from tests.outcomes import draw_test_rows
from tests.stages.guard_world import make_config
from tests.stages.scripts import run_script, written
from tests.tables import write_rows
from tests.worlds import store_images, taxonomy


@pytest.fixture
def config(tmp_path):
    """Settings, and a test set where ood_split writes."""
    made = make_config(tmp_path, "experiment=three_guards", variants={"n_rows": dict.fromkeys(SUITES, 12)})
    rows, images = draw_test_rows(90)
    write_rows(rows, Path(made.paths.splits) / "test.parquet")
    store_images(images, Path(made.paths.collected) / "images")
    return made


def test_variants_writes_rows_with_every_image_that_they_show(config):
    run_script("variants", config)
    folder = Path(config.paths.variants)
    variants = read_variants(folder / "rows.parquet", taxonomy())
    shown = {variant.row.sample.image for variant in variants} - {None}
    assert len(ImageStore(folder / "images").read(shown)) == len(shown)
    summary = read_json(Path(config.paths.summaries) / "variants.json")
    assert sum(sum(summary[suite].values()) for suite in SUITES) == len(variants)


def test_variants_are_equal_to_the_byte(config):
    run_script("variants", config)
    first = written(Path(config.paths.variants))
    run_script("variants", config)
    assert written(Path(config.paths.variants)) == first


def test_recorded_guard_is_not_asked_about_rows_that_nobody_recorded(config):
    run_script("variants", config)
    config.predict.guard = "word_list"
    run_script("guards", config)
    run_script("predict_variants", config)
    variants = read_variants(Path(config.paths.variants) / "rows.parquet", taxonomy())
    found = read_predictions(Path(config.paths.predictions) / "word_list-variants.parquet")
    assert set(found) == {variant.row.sample.id for variant in variants}
    assert not any(found[v.row.sample.id].reading.was_asked for v in variants if v.row.sample.modality == "image")
    assert not any(prediction.reading.reads_policy for prediction in found.values())
