from pathlib import Path

import polars as pl
import pytest

from proguard.files import read_json, read_samples
from tests.stages.scripts import make_config, run_data_stages

BOTH = {"annotators": [{"name": "label_map"}, {"name": "embedding", "threshold": 0.25}]}


def test_taxonomy_map_gives_each_unsafe_sample_its_label_and_keeps_the_votes(tmp_path):
    config = make_config(tmp_path)
    run_data_stages(config)
    samples = read_samples(Path(config.paths.mapped) / "samples.parquet")
    assert all(s.category == s.source_label for s in samples)
    votes = pl.read_parquet(Path(config.paths.mapped) / "votes.parquet")
    assert dict(votes.select("id", "category").rows()) == {s.id: s.category for s in samples if s.is_unsafe}


@pytest.mark.slow
def test_taxonomy_map_embedding_agrees_with_the_label_map(tmp_path):
    config = make_config(tmp_path, taxonomy_map=BOTH)
    run_data_stages(config)
    agreement = read_json(Path(config.paths.summaries) / "taxonomy_map.json")["agreement"]["embedding/label_map"]
    assert agreement["n"] > 50
    assert agreement["raw"] > 0.75
