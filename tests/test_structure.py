"""How the library hangs together: what may import what, and which stages a module reruns."""

import subprocess
import sys
import time
from pathlib import Path

import networkx as nx
import pytest
import yaml

from proguard.cli import COMMANDS
from tools.closure import ROOT, closure, imports_of, script_of

STAGE_PACKAGES = (
    "collect",
    "taxonomy_map",
    "leakage",
    "modality_balance",
    "ood_split",
    "tiny_base",
    "base_model",
    "reward_lab",
    "rl_train",
    "variants",
    "predict",
    "discover",
    "evaluate",
)
FILES = [p.relative_to(ROOT).as_posix() for p in (ROOT / "proguard").rglob("*.py")]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
MAX_DEPS = 43
"""The vocabulary alone is fourteen modules; what a stage adds fits on a screen. `discover` asks as an application does."""


def package_of(file: str) -> str | None:
    """Return the stage's package that a file belongs to; ``None`` outside of them."""
    first = Path(file).parts[1]
    return first if first in STAGE_PACKAGES else None


def stages_that_run(module: str) -> set[str]:
    return {name for name, stage in STAGES.items() if module in closure(script_of(stage["cmd"]))}


def test_no_stage_imports_from_the_package_of_another():
    crossing = [
        f"{file} imports {used}"
        for file in FILES
        for used in imports_of(file)
        if package_of(file) and package_of(used) and package_of(file) != package_of(used)
    ]
    assert crossing == []


def test_imports_have_no_cycle():
    graph = nx.DiGraph((file, used) for file in FILES for used in imports_of(file))
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("name", STAGES)
def test_stages_list_no_machine_matter_and_few_deps(name):
    deps = STAGES[name]["deps"]
    assert [dep for dep in deps if dep.startswith("proguard/runtime")] == []
    assert len(deps) <= MAX_DEPS


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("proguard/runtime/tracking.py", set()),
        ("proguard/reward/score.py", {"reward_lab", "rl_train", "evaluate"}),
        ("proguard/naming.py", {"taxonomy_map", "reward_lab", "rl_train", "discover", "evaluate"}),
        ("proguard/predict/run.py", {"predict", "predict_variants"}),
        ("proguard/variants/policy_drift.py", {"variants"}),
    ],
)
def test_module_reruns_only_what_it_can_change(module, stages):
    assert stages_that_run(module) == stages


def test_dvc_yaml_fits_in_300_lines():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 300


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_subcommand_answers_within_a_second(command):
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "proguard", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds.append(time.perf_counter() - start)
    assert "usage: proguard" in done.stdout
    assert min(seconds) < 1


def test_help_imports_nothing_heavy():
    code = "import sys; from proguard.cli import main\ntry: main(['moderate', '--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'torch', 'transformers', 'polars', 'mlflow', 'hydra'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_markdown_and_yaml_lines_fit_in_120_characters():
    kept = subprocess.run(["git", "ls-files", "*.md", "*.yaml"], cwd=ROOT, capture_output=True, text=True, check=True)
    written = [file for file in kept.stdout.split() if not file.startswith(("params.yaml", "tests/cases"))]
    long = [
        f"{file}:{n}"
        for file in written
        if (ROOT / file).is_file()
        for n, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert long == []
