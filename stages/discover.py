"""Stage discover: predictions in; proposed categories and what the guard does with them out.

python stages/discover.py
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.discover.entries import write_policy
from proguard.discover.given import names_of_rows
from proguard.discover.propose import propose
from proguard.discover.run import DiscoverOptions, discovery_json, run_trial, summarise
from proguard.moderate.guard import Guard
from proguard.naming import NameBank, SimilarityConfig
from proguard.readings.table import read_predictions
from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table
from proguard.storage.images import ImageStore
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    options = DiscoverOptions(**OmegaConf.to_container(cfg.discover))
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    bank = NameBank(taxonomy, SimilarityConfig(**cfg.similarity))
    rows = read_rows(Path(cfg.paths.splits) / f"{options.test_set}.parquet", taxonomy)
    predictions = read_predictions(Path(cfg.paths.predictions) / f"{options.guard}-{options.test_set}.parquet")
    readings = {id_: prediction.reading for id_, prediction in predictions.items()}
    given = names_of_rows(rows, readings, taxonomy)
    discovery = propose(given, bank.embed, **options.clustering, taken=[node.code for node in taxonomy])
    engine = {"engine": cfg.predict.engine, "dtype": cfg.predict.dtype, "batch_size": cfg.predict.decoding.batch_size}
    engine |= OmegaConf.to_container(cfg.runtime.inference, resolve=True)
    trial = run_trial(
        rows,
        readings,
        taxonomy,
        options,
        encode=bank.embed,
        load=lambda: Guard.load(Path(cfg.paths.guards) / options.guard, **engine),
        images=ImageStore(Path(cfg.paths.collected) / "images"),
    )
    with atomic_folder(cfg.paths.discovery) as folder:
        write_json(discovery_json(discovery, given, rows, taxonomy), folder / "proposals.json")
        write_table(trial, folder / "trial.parquet")
        if discovery.proposals:
            write_policy([], discovery.proposals, folder / "policy.yaml")
    summary = summarise(discovery, given, rows, taxonomy, trial)
    write_json(summary, Path(cfg.paths.summaries) / "discover.json")


if __name__ == "__main__":
    run_stage("discover", main)
