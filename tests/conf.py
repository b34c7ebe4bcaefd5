"""Entries of conf/source and conf/benchmark as the pipeline composes them."""

from typing import Any

from omegaconf import OmegaConf

from tools.closure import ROOT

ENTRIES = [
    (role, path.stem) for role in ("source", "benchmark") for path in sorted((ROOT / "conf" / role).glob("*.yaml"))
]
"""Role and name of each."""


def load_entry(role: str, name: str) -> dict[str, Any]:
    """Return the settings of one entry; ``role`` is source or benchmark."""
    content = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / role / f"{name}.yaml"))
    return content["collect"]["benchmarks"][name] if role == "benchmark" else content
