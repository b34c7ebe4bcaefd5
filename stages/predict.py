"""Stage predict: a guard and a test set in, one completion per row out.

python stages/predict.py predict.guard=proguard predict.test_set=test
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.card import check_prompt, read_card
from proguard.inference.load import load_engine
from proguard.predict.run import prediction_table, run_prediction, seconds_per_row
from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.runtime.tracking import log_step
from proguard.storage.files import write_json, write_table
from proguard.storage.fingerprint import fingerprint
from proguard.storage.images import ImageStore
from proguard.storage.journal import open_journal
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    run = f"{cfg.predict.guard}-{cfg.predict.test_set}"
    guard, rows_file = (
        Path(cfg.paths.guards) / cfg.predict.guard,
        Path(cfg.paths.splits) / f"{cfg.predict.test_set}.parquet",
    )
    options = OmegaConf.to_container(cfg.predict.decoding, resolve=True)
    card, rows = read_card(guard), read_rows(rows_file)
    check_prompt(card)
    inputs = fingerprint(guard, rows_file, dtype=cfg.predict.dtype, **options)
    journal_path = Path(cfg.runtime.work) / "predict" / f"{run}-{inputs}.jsonl"
    with open_journal(journal_path) as journal:
        completions = run_prediction(
            rows,
            load=lambda: load_engine(
                cfg.predict.engine,
                guard,
                max_new_tokens=cfg.predict.decoding.max_new_tokens,
                dtype=cfg.predict.dtype,
                runtime=OmegaConf.to_container(cfg.runtime.inference, resolve=True),
            ),
            card=card,
            taxonomy=load_taxonomy(cfg.paths.taxonomy),
            images=ImageStore(Path(cfg.paths.collected) / "images"),
            batch_size=cfg.predict.decoding.batch_size,
            journal=journal,
        )
        table = prediction_table(rows, completions)
        write_table(table, Path(cfg.paths.predictions) / f"{run}.parquet")
        statuses = dict(table["status"].value_counts().sort("status").iter_rows())
        summary = {"rows": len(rows), "status": statuses}
        write_json(summary, Path(cfg.paths.summaries) / f"predict-{run}.json")
        log_step({"seconds_per_row": seconds_per_row(journal)}, step=0)
        journal_path.unlink()


if __name__ == "__main__":
    run_stage("predict", main)
