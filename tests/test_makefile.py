"""What `make` would run, in a copy of the project's root in which one lock is installed."""

import os
import re
import shutil
import subprocess

import pytest

from tools.closure import ROOT

STAMPS = {"requirements.lock": ".installed", "requirements-gpu.lock": ".installed-gpu"}


def planned(folder, installed, *goals):
    """Return the locks that ``make -n`` would install, and all that it would run."""
    for name in ("Makefile", "pyproject.toml", *STAMPS):
        shutil.copy(ROOT / name, folder)
    stamp = folder / ".venv" / STAMPS[installed]
    stamp.parent.mkdir()
    stamp.touch()
    # Without what an outer make hands down.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "GPU"))}
    done = subprocess.run(
        ["make", "-n", *goals], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return re.findall(r"-r (\S+\.lock)$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    ("installed", "goals", "locks"),
    [
        ("requirements.lock", ["setup"], []),
        ("requirements.lock", ["setup", "GPU=1"], ["requirements-gpu.lock"]),
        ("requirements-gpu.lock", ["setup"], ["requirements.lock"]),
        ("requirements-gpu.lock", ["setup", "GPU=1"], []),
        ("requirements.lock", ["gpu-check"], ["requirements-gpu.lock"]),
        ("requirements-gpu.lock", ["gpu-check"], []),
    ],
)
def test_setup_installs_the_lock_that_is_asked_for_and_not_yet_installed(tmp_path, installed, goals, locks):
    assert planned(tmp_path, installed, *goals)[0] == locks


def test_gpu_check_starts_with_the_command_that_looks_for_vllm(tmp_path):
    _, text = planned(tmp_path, "requirements-gpu.lock", "gpu-check")
    assert re.findall(r"benchmarks\.(\w+)", text) == ["gpu_training", "gpu_inference"]


def test_vllm_setup_installs_what_test_vllm_runs_in(tmp_path):
    _, text = planned(tmp_path, "requirements.lock", "vllm-setup")
    assert "touch .work/vllm/.installed" in text
    assert "pytest" not in text
    assert (ROOT / "Makefile").read_text().count("test-vllm: vllm-setup") == 1


def test_gpu_lock_holds_the_versions_of_the_other_lock():
    # A machine that has installed both keeps what the later one did.
    pins, gpu_pins = (set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in STAMPS)
    assert pins < gpu_pins
