"""Stage rl_train: training rows and the base model in, a guard trained by GRPO out.

    python stages/rl_train.py

verl trains in a process of its own (`proguard.rl_train.train`). Checkpoints live under ``runtime.work``: a run that was
killed goes on from the last one, and a run with other settings or other inputs starts afresh.
"""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.card import BASE, TRAINED, contract_hashes, read_card
from proguard.guard_folder import seal_guard
from proguard.naming import SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.reward.score import reward_hash
from proguard.rl_train.curve import curve_table, summarise_training, write_curve
from proguard.rl_train.export import export_guard
from proguard.rl_train.overrides import GrpoConfig, TrainingFiles, make_overrides
from proguard.rl_train.rows import write_verl_rows
from proguard.rl_train.train import run_verl
from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.runtime.tracking import log_step
from proguard.storage.files import atomic_folder, write_json
from proguard.storage.fingerprint import fingerprint
from proguard.storage.images import ImageStore
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    settings = OmegaConf.to_container(cfg, resolve=True)
    config, engine = GrpoConfig(**settings["rl_train"]), settings["engine"]
    reward, similarity = RewardConfig(**settings["reward"]), SimilarityConfig(**settings["similarity"])
    taxonomy, base = load_taxonomy(cfg.paths.taxonomy), (Path(cfg.paths.guards) / BASE).resolve()
    rows_file, card = Path(cfg.paths.splits) / "train.parquet", read_card(base)
    inputs = fingerprint(
        base, rows_file, **{key: settings[key] for key in ("rl_train", "engine", "similarity", "reward")}
    )
    work = (Path(cfg.runtime.work) / "rl_train" / inputs).resolve()
    files = TrainingFiles(work / "rows.parquet", base, work, Path(cfg.paths.taxonomy).resolve())
    rows = read_rows(rows_file)
    write_verl_rows(
        rows,
        files.rows,
        taxonomy=taxonomy,
        prompt=card.prompt,
        images=ImageStore(Path(cfg.paths.collected) / "images"),
    )
    overrides = make_overrides(
        config,
        files,
        reward_kwargs={"similarity": asdict(similarity), "reward": asdict(reward)},
        engine=engine["verl"],
        n_gpus_per_node=cfg.runtime.rl.n_gpus_per_node,
        nnodes=cfg.runtime.rl.nnodes,
    )
    curve = run_verl(
        overrides,
        config,
        files,
        taxonomy=taxonomy,
        environment=engine["environment"],
        stall_seconds=cfg.runtime.rl.stall_seconds,
        on_step=log_step,
    )
    origin = {**card.origin, "steps": config.steps, "seed": config.seed}
    hashes = {**contract_hashes(taxonomy), "reward": reward_hash(reward, similarity)}
    trained = replace(card, hashes=hashes, origin=origin)
    with atomic_folder(Path(cfg.paths.guards) / TRAINED) as folder:
        export_guard(files, config.steps, folder)
        seal_guard(folder, trained, files.taxonomy)
    table = curve_table(curve)
    write_curve(table, Path(cfg.paths.training))
    write_json(summarise_training(table, len(rows)), Path(cfg.paths.summaries) / "rl_train.json")
    shutil.rmtree(work)


if __name__ == "__main__":
    run_stage("rl_train", main)
