"""Stage reward_lab: training rows in; what each way to game the reward earns on them out.

    python stages/reward_lab.py

It fails, and so stops the training, when the reward that would train a guard does not pass the gate
(`proguard.reward_lab.gate`). The table and the figure are written all the same.
"""

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.naming import NameBank, SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.reward.score import reward_hash
from proguard.reward_lab.figure import draw_table
from proguard.reward_lab.run import plan_lab, run_lab
from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    reward, similarity = RewardConfig(**cfg.reward), SimilarityConfig(**cfg.similarity)
    plan = plan_lab(reward, **OmegaConf.to_container(cfg.reward_lab, resolve=True))
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    rows = read_rows(Path(cfg.paths.splits) / "train.parquet", taxonomy)
    findings = run_lab(rows, plan, NameBank(taxonomy, similarity))
    with atomic_folder(cfg.paths.reward_lab) as folder:
        findings.table.write_csv(folder / "probes.csv")
        (folder / "probes.svg").write_text(draw_table(findings.table, list(plan.rules)), encoding="utf-8")
        write_json({"reward": reward_hash(reward, similarity), "faults": list(findings.faults)}, folder / "gate.json")
    write_json({"rule": plan.gated, **findings.summary()}, Path(cfg.paths.summaries) / "reward_lab.json")
    if findings.faults:
        sys.exit(f"reward_lab: the reward {plan.gated!r} does not pass its gate:\n  " + "\n  ".join(findings.faults))


if __name__ == "__main__":
    run_stage("reward_lab", main)
