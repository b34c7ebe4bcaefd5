from pathlib import Path

import polars as pl

from proguard.files import read_json
from tests.stages.scripts import make_config, run_data_stages


def test_modality_balance_writes_equal_thirds_and_their_plot(tmp_path):
    config = make_config(tmp_path, modality_balance={"total": 300})
    run_data_stages(config)
    summary = read_json(Path(config.paths.summaries) / "modality_balance.json")
    assert summary["after"]["by_modality"] == {"text": 100, "image": 100, "text_image": 100}
    plot = pl.read_csv(Path(config.paths.balanced) / "mix.csv")
    assert plot.filter(stage="after")["count"].to_list() == [100, 100, 100]
