from pathlib import Path

import polars as pl
import pytest

from proguard.storage.files import read_json
from tests.stages.scripts import make_config, run_data_stages

pytestmark = pytest.mark.slow


def test_modality_balance_writes_equal_thirds_and_their_plot(tmp_path):
    config = make_config(tmp_path, modality_balance={"total": 300})
    run_data_stages(config)
    summary = read_json(Path(config.paths.summaries) / "modality_balance.json")
    assert summary["after"]["by_modality"] == {"text": 100, "image": 100, "text_image": 100}
    plot = pl.read_csv(Path(config.paths.balanced) / "mix.csv")
    assert plot.filter(stage="after")["count"].to_list() == [100, 100, 100]


def test_modality_balance_draws_the_exact_mix(tmp_path):
    mix = {"text": 41, "image": 97, "text_image": 60}
    config = make_config(tmp_path, modality_balance={"strategy": "exact", "mix": mix, "temperature": 0.5})
    run_data_stages(config)
    assert read_json(Path(config.paths.summaries) / "modality_balance.json")["after"]["by_modality"] == mix


def test_modality_balance_short_of_the_paper_mix_says_by_how_many(tmp_path):
    config = make_config(tmp_path, modality_balance={"strategy": "exact"})
    with pytest.raises(
        ValueError, match=r"image: 27954 asked, \d+ there, \d+ short \(mini_world 60 tested, \d+ there\)"
    ):
        run_data_stages(config)
