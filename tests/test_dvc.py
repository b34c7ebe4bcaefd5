"""dvc.yaml must not lie: each stage declares the code that it runs, the params that it reads and the paths it touches."""

import ast
from pathlib import Path

import pytest
import yaml

from tools.closure import ROOT, code_deps, script_of

STAGES = {
    name: stage.get("do", stage) for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
}
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
UNTRACKED = {"paths", "runtime"}
"""Sections that no stage lists: a path is a dep or an out, a machine knob changes no result."""

UNTRACKED_KEYS = {
    "collect.mirror",  # where the bytes come from; the checksums say which they are
    "predict.guard",  # a dep
    "predict.test_set",
    "predict.guards",  # the predictions of all are a dep
    "predict.test_sets",
}


def script(name: str) -> Path:
    return script_of(STAGES[name]["cmd"])


def declared(name: str, kind: str) -> set[str]:
    entries = STAGES[name].get(kind, [])
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def config_reads(name: str) -> set[str]:
    """Dotted reads of ``cfg`` and of ``settings["key"]`` in a stage script, such as ``paths.splits``."""
    reads = set()
    for node in ast.walk(ast.parse((ROOT / script(name)).read_text())):
        text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Subscript) else ""
        if text.startswith("cfg."):
            reads.add(text.removeprefix("cfg.").split("[")[0].split("(")[0])
        elif text.startswith("settings['") and text.endswith("']"):
            reads.add(text.removeprefix("settings['").removesuffix("']"))
    known = {read for read in reads if is_key(read)}
    return {read for read in known if not any(other.startswith(f"{read}.") for other in known)}


def is_key(dotted: str) -> bool:
    node = PARAMS
    for part in dotted.split("."):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_the_import_closure(name):
    code = {dep for dep in declared(name, "deps") if dep.startswith(("stages/", "proguard/"))}
    assert code == code_deps(script(name)), "run `python -m tools.closure --write`"


@pytest.mark.parametrize("name", STAGES)
def test_params_cover_the_config_read(name):
    tracked = declared(name, "params")
    for read in config_reads(name):
        above = {read[:i] for i, c in enumerate(read) if c == "."} | {read}
        below = {key for key in tracked if key.startswith(f"{read}.")}
        exempt = read.split(".")[0] in UNTRACKED or above & UNTRACKED_KEYS
        assert exempt or above & tracked or below, f"{name} reads {read}, which no param of it covers"


@pytest.mark.parametrize("name", STAGES)
def test_params_declared_exist(name):
    declared_keys = {key.partition(".${")[0] for key in declared(name, "params")}
    assert [key for key in declared_keys if not is_key(key)] == []


@pytest.mark.parametrize("name", STAGES)
def test_paths_read_are_declared(name):
    text = str(STAGES[name])
    for read in config_reads(name):
        if read.startswith("paths."):
            assert f"${{{read}}}" in text, f"{name} touches {read} and dvc.yaml does not say so"


def test_package_inits_hold_no_code():
    for init in (ROOT / "proguard").rglob("__init__.py"):
        body = ast.parse(init.read_text()).body
        assert len(body) <= 1, f"{init} runs for every stage but is no stage's dep"
