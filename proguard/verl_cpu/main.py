"""verl's main program where cores are few: ``python -m proguard.verl_cpu.main``, with the overrides of verl's own.

verl's processes start one after the other, and each takes seconds to import torch and verl. Here the driver imports
neither: it composes verl's settings and starts Ray, then the trainer and the rollouts side by side.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hydra
import ray
from omegaconf import DictConfig, OmegaConf

from proguard.verl_cpu.actors import start_rollouts, start_trainer

CONFIG_FOLDER = Path(find_spec("verl").submodule_search_locations[0]) / "trainer" / "config"  # type: ignore[union-attr, index]


@hydra.main(config_path=str(CONFIG_FOLDER), config_name="ppo_trainer", version_base=None)
def main(config: DictConfig) -> None:
    """Start Ray and its first two processes, and wait for the training."""
    start: Any = OmegaConf.to_container(config.ray_kwargs.ray_init)
    runtime = start.setdefault("runtime_env", {})
    # As verl's own main program does.
    runtime["env_vars"] = {"TRANSFER_QUEUE_ENABLE": "1", **runtime.get("env_vars", {})}
    ray.init(**start)
    rollouts, trainer = start_rollouts(), start_trainer()
    ray.get(trainer.run.remote(config))
    ray.kill(rollouts)


if __name__ == "__main__":
    main()
