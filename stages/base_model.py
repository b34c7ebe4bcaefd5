"""Stage base_model: the model that RL starts from, with its guard card.

python stages/base_model.py
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.base_model.fetch import fetch_base_model
from proguard.card import BASE, make_card, make_limits
from proguard.guard_folder import seal_guard
from proguard.inference.weights import count_parameters
from proguard.policy import most_shown
from proguard.prompt import PromptFormat
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    prompt, taxonomy = PromptFormat(**cfg.prompt), load_taxonomy(cfg.paths.taxonomy)
    card = make_card(
        prompt=prompt,
        levels=OmegaConf.to_container(cfg.ood_split.levels),
        max_shown={level: most_shown(n) for level, n in OmegaConf.to_container(cfg.ood_split.n_shown).items()},
        limits=make_limits(
            prompt_tokens=cfg.rl_train.max_prompt_length,
            new_tokens=cfg.rl_train.max_response_length,
            prompt=prompt,
            taxonomy=taxonomy,
        ),
        taxonomy=taxonomy,
        origin={"base": cfg.base_model.model, "revision": cfg.base_model.revision, "steps": 0},
    )
    output = Path(cfg.paths.guards) / BASE
    with atomic_folder(output) as folder:
        fetch_base_model(
            cfg.base_model.kind,
            model=cfg.base_model.model,
            revision=cfg.base_model.revision,
            output=folder,
        )
        seal_guard(folder, card, Path(cfg.paths.taxonomy))
    summary = {"parameters": count_parameters(output), "hashes": dict(card.hashes)}
    write_json(summary, Path(cfg.paths.summaries) / "base_model.json")


if __name__ == "__main__":
    run_stage("base_model", main)
