"""The package that generates rollouts: looked up, not imported, before Ray starts."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

_ROLLOUT = "actor_rollout_ref.rollout.name"


def check_rollout_package(settings: Mapping[str, Any]) -> None:
    """Raise when rollouts are by vLLM and the package vllm is not installed.

    Args:
        settings: What `proguard.rl_train.overrides.verl_settings` returns.

    Raises:
        ImportError: When it is not installed; with the command that installs it.
    """
    if settings.get(_ROLLOUT) == "vllm" and find_spec("vllm") is None:
        raise ImportError(
            f"engine.verl.{_ROLLOUT}: the package vllm is not installed; for engine=gpu run `make setup GPU=1`,"
            " for engine=cpu_vllm run `make vllm-setup` and put .work/vllm/bin first in PATH"
        )
