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

from proguard.card import BASE, TRAINED, GuardCard, contract_hashes, read_card
from proguard.guard_folder import seal_guard
from proguard.naming import SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.reward.score import reward_hash
from proguard.rl_train.batches import check_batches, check_enough_rows
from proguard.rl_train.config import Engine, GrpoConfig, Machines, TrainingFiles
from proguard.rl_train.curve import curve_table, summarise_training, write_curve
from proguard.rl_train.export import export_guard
from proguard.rl_train.fit import Kept, load_limit
from proguard.rl_train.overrides import make_overrides, verl_settings
from proguard.rl_train.packages import check_rollout_package
from proguard.rl_train.rows import write_verl_rows
from proguard.rl_train.samples import write_samples
from proguard.rl_train.terms import write_terms
from proguard.rl_train.train import Records, run_verl
from proguard.row import read_rows
from proguard.runtime.cluster import check_answer
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
    config, engine = GrpoConfig(**settings["rl_train"]), Engine(**settings["engine"])
    reward, similarity = RewardConfig(**settings["reward"]), SimilarityConfig(**settings["similarity"])
    machines = Machines(**settings["runtime"]["rl"])
    taxonomy, base = load_taxonomy(cfg.paths.taxonomy), (Path(cfg.paths.guards) / BASE).resolve()
    rows_file, card = Path(cfg.paths.splits) / "train.parquet", read_card(base)
    tracked = {key: settings[key] for key in ("rl_train", "engine", "similarity", "reward")}
    work = (Path(cfg.runtime.work) / "rl_train" / fingerprint(base, rows_file, **tracked)).resolve()
    files = TrainingFiles(work / "rows.parquet", base, work, Path(cfg.paths.taxonomy).resolve())
    verl = verl_settings(
        config,
        files,
        reward_kwargs={
            "similarity": asdict(similarity),
            "reward": asdict(reward),
            "embedder_gpus": machines.embedder_gpus,
        },
        engine=engine,
        machines=machines,
    )
    check_batches(verl)
    check_rollout_package(verl)
    check_answer(machines.ray_address or "local")
    kept = write_verl_rows(
        read_rows(rows_file, taxonomy),
        files.rows,
        taxonomy=taxonomy,
        prompt=card.prompt,
        images=ImageStore(Path(cfg.paths.collected) / "images"),
        limit=load_limit(base, config),
    )
    check_enough_rows(kept.kept, config.batch_size)
    records = run_verl(
        make_overrides(verl),
        config,
        files,
        n_rows=kept.kept,
        taxonomy=taxonomy,
        reward=reward,
        engine=engine,
        stall_seconds=machines.stall_seconds,
        on_step=log_step,
    )
    origin = {**card.origin, "steps": config.steps, "seed": config.seed}
    hashes = {**contract_hashes(taxonomy), "reward": reward_hash(reward, similarity)}
    save(replace(card, hashes=hashes, origin=origin), records, kept, files, cfg)


def save(card: GuardCard, records: Records, kept: Kept, files: TrainingFiles, cfg: DictConfig) -> None:
    """Write the guard, the records and the summary, and remove what let the run go on after a kill."""
    curve, training = curve_table(records.curve), Path(cfg.paths.training)
    with atomic_folder(Path(cfg.paths.guards) / TRAINED) as folder:
        export_guard(files, cfg.rl_train.steps, folder)
        seal_guard(folder, card, files.taxonomy)
    write_curve(curve, training)
    write_terms(records.cells, training)
    write_samples(records.samples, training)
    write_json(summarise_training(curve, kept), Path(cfg.paths.summaries) / "rl_train.json")
    shutil.rmtree(files.work)


if __name__ == "__main__":
    run_stage("rl_train", main)
