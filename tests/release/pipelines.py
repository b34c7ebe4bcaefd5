"""A finished pipeline's files, small, and a guard's folder."""

import shutil
from pathlib import Path

import yaml

from proguard.guard_folder import seal_guard
from proguard.storage.files import write_json
from tests.worlds import make_guard_card
from tools.closure import ROOT

F1 = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100}
NONE = {"value": None, "low": None, "high": None, "n": 0}


def write_pipeline(root: Path) -> Path:
    """Write params.yaml, metrics.json and the summary of collect."""
    source = {"licence": "mit", "revision": "abc1234"}
    params = {
        "paths": {"summaries": "summaries"},
        "profile": "mini",
        "evaluate": {"confidence": 0.95},
        "collect": {"sources": {"mini_world": source}, "benchmarks": {"xstest": {}}},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    tasks = {"request_safety": {"f1": F1}, "response_safety": {"f1": NONE}}
    write_json({"proguard": {"test": {"all": tasks}}}, root / "metrics.json")
    write_json({"sources": {"mini_world": {"samples": 42}}, "benchmarks": {}}, root / "summaries" / "collect.json")
    return root


def write_guard(folder: Path) -> Path:
    """Write the tiny base as a guard."""
    shutil.copytree(ROOT / "data" / "tiny_base", folder)
    seal_guard(folder, make_guard_card(origin={"base": "tiny", "steps": 3}), ROOT / "data" / "taxonomy.yaml")
    return folder
