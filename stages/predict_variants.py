"""Stage predict_variants: a guard and the changed rows in, one reading per changed row out.

    python stages/predict_variants.py predict.guard=proguard

Of a guard whose answers are recorded, the rows that nobody asked it about are not asked.
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.guards.families import open_guard_folder
from proguard.guards.spec import Decoding
from proguard.predict.answered import write_predictions
from proguard.predict.run import ask_all, seconds_per_ask
from proguard.predict.source import Means, answer_all
from proguard.runtime.stage import run_stage
from proguard.runtime.tracking import log_step
from proguard.storage.fingerprint import fingerprint
from proguard.storage.images import ImageStore
from proguard.storage.journal import open_journal
from proguard.taxonomy import load_taxonomy
from proguard.variant import read_variants


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    run = f"{cfg.predict.guard}-variants"
    folder, changed = Path(cfg.paths.guards) / cfg.predict.guard, Path(cfg.paths.variants)
    guard, taxonomy = open_guard_folder(folder), load_taxonomy(cfg.paths.taxonomy)
    variants = read_variants(changed / "rows.parquet", taxonomy)
    asked = [a for v in variants for a in ask_all([v.row], guard.family, v.taxonomy)]
    decoding = OmegaConf.to_container(cfg.predict.decoding, resolve=True)
    means = Means(
        engine=cfg.predict.engine,
        dtype=cfg.predict.dtype,
        decoding=Decoding(**decoding),
        runtime=OmegaConf.to_container(cfg.runtime, resolve=True),
        images=ImageStore(changed / "images"),
        needs_all=False,
    )
    inputs = fingerprint(folder, changed, dtype=cfg.predict.dtype, **decoding)
    journal_path = Path(cfg.runtime.work) / "predict" / f"{run}-{inputs}.jsonl"
    with open_journal(journal_path) as journal:
        answered = answer_all(asked, guard, folder, means, journal)
        table = Path(cfg.paths.predictions) / f"{run}.parquet"
        summary = Path(cfg.paths.summaries) / f"predict-{run}.json"
        rows = [variant.row for variant in variants]
        write_predictions(rows, guard, answered.answers, counts=answered.counts, table=table, summary=summary)
        log_step({"seconds_per_ask": seconds_per_ask(journal)}, step=0)
        journal_path.unlink()


if __name__ == "__main__":
    run_stage("predict_variants", main)
