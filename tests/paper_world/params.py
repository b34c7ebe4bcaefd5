"""The paper's configuration over a world: sources and benchmarks that the world has, its sizes, its folders."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proguard.runtime.params import compose_params
from tests.paper_world.world import BENCHMARKS, TRAINING
from tools.closure import ROOT

log = logging.getLogger(__name__)

WRITTEN = TRAINING.keys() | BENCHMARKS.keys()
"""Entries that the world has files of."""

KEPT_PATHS = ("taxonomy", "label_maps", "annotator_phrases", "published", "tiny_base")
"""Files that people write; they are read where they are."""


def world_params(
    folder: Path, *, rows: int, project: Path, overrides: Sequence[str] = ("profile=paper",)
) -> dict[str, Any]:
    """Return the settings of a run on the world in ``folder``, everything that it writes below ``project``.

    ``overrides`` name the profile. No model annotates; row counts are not checked against the real ones; the exact mix is
    scaled to ``rows``. An entry that the world has no files of is left out, and so are its test sets, with a warning.
    """
    params = compose_params(ROOT / "conf", overrides)
    params["paths"] = {
        key: str((ROOT if key in KEPT_PATHS else project) / path) for key, path in params["paths"].items()
    }
    collect, runtime = params["collect"], params["runtime"]
    leave_out(params, sorted((collect["sources"].keys() | collect["benchmarks"].keys()) - WRITTEN))
    for role in ("sources", "benchmarks"):
        collect[role] = {name: on_world(name, settings, folder) for name, settings in collect[role].items()}
    collect |= {"mirror": str(folder / "mirror"), "offline": True}
    runtime |= {"cache": str(folder / "cache"), "work": str(project / ".work"), "tracking_uri": None}
    params["taxonomy_map"]["annotators"] = [{"name": "label_map"}]
    if params["modality_balance"]["strategy"] == "exact":
        params["modality_balance"]["total"] = rows
    return params


def leave_out(params: dict[str, Any], entries: Sequence[str]) -> None:
    """Remove ``entries`` and the test sets that are of them alone from composed settings."""
    if not entries:
        return
    log.warning("the world has no files of %s: left out", ", ".join(entries))
    for role in ("sources", "benchmarks"):
        params["collect"][role] = {n: settings for n, settings in params["collect"][role].items() if n not in entries}
    sets = params["ood_split"]["test_sets"]
    kept = {
        n: wanted for n, wanted in sets.items() if not wanted.get("sources") or set(wanted["sources"]) - set(entries)
    }
    params["ood_split"]["test_sets"] = kept
    params["predict"]["test_sets"] = [name for name in params["predict"]["test_sets"] if name in kept]


def on_world(name: str, settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the settings of an entry over the world: any number of rows, and the world's own checksums.

    A manifest is named by its path, so that it is found beside the world and not in the package.
    """
    settings = settings | {"rows": None}
    if settings.get("editions"):
        settings["editions"] = {str(folder / "manifests" / name): None}
    if "limit" in settings.get("read", {}):
        # The world holds what is to be drawn and no more.
        settings["read"] = settings["read"] | {"limit": None}
    return settings
