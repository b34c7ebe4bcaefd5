"""Times the data stages on a made-up world of the paper's size, and on others.

    python -m benchmarks.scale --rows 87024 --image-kb 100 [--keep FOLDER]
    python -m benchmarks.scale --sizes 8702 87024 870240 --image-kb 3
    python -m benchmarks.scale --image-kb 3 --classifier tokens

Each stage runs as the script that DVC runs, in a process of its own, start of Python and tracking included; writing the
world is not timed. CPU seconds say what a stage took where other work holds the cores. Peak memory is that of the
process and its children (PSS), sampled. No model annotates; on request, the classifier does. With --keep the
world stays, and the next run with the same arguments uses it; it needs some 15 GB at 87,024 rows of 100 KB.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import tree_bytes
from tests.paper_world.checks import check_run
from tests.paper_world.params import world_params
from tests.paper_world.world import PAPER_ROWS
from tests.paper_world.write import write_world
from tools.closure import ROOT

PRECISION = {"texts": 0.92, "tokens": 0.85}
"""The classifier's ``precision`` by what it embeds."""

STAGES = ("collect", "taxonomy_map", "leakage", "modality_balance", "ood_split")
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Measured:
    """What a stage took."""

    seconds: float
    peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """What a size took and gave."""

    rows: int
    stages: dict[str, Measured]
    findings: dict[str, str]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=PAPER_ROWS, help="training samples that are drawn")
    parser.add_argument("--sizes", type=int, nargs="+", help="several of that, smallest first, in place of --rows")
    parser.add_argument("--image-kb", type=int, default=100, help="size of an image, in kilobytes")
    parser.add_argument("--classifier", choices=PRECISION, help="let the classifier annotate too; what it embeds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder in which worlds and outputs stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        sizes = arguments.sizes or [arguments.rows]
        settings = {"image_kb": arguments.image_kb, "seed": arguments.seed, "classifier": arguments.classifier}
        runs = [run_size(folder, rows=n, **settings) for n in sizes]
    sys.stdout.write("\n".join(["", *report_runs(runs)]) + "\n")


def run_size(folder: Path, *, rows: int, image_kb: int, seed: int, classifier: str | None = None) -> Run:
    """Write a world, unless it is there, and run `STAGES` on it."""
    world = folder / f"world-{rows}-{image_kb}kb-{seed}"
    start = time.monotonic()
    if not (world / "planted.parquet").exists():
        write_world(world, rows=rows, image_kb=image_kb, seed=seed)
        sys.stderr.write(f"{world}: written in {time.monotonic() - start:.0f} s\n")
    project = folder / f"project-{rows}-{image_kb}kb-{seed}"
    project.mkdir(exist_ok=True)
    params = world_params(world, rows=rows, project=project, overrides=("profile=paper", "similarity=minilm_wheel"))
    if classifier:
        phrases = params["paths"]["annotator_phrases"]
        params["taxonomy_map"]["annotators"].append(
            {"name": "classifier", "precision": PRECISION[classifier], "phrases": phrases, "embed": classifier}
        )
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    stages = {stage: run_stage(stage, project) for stage in STAGES}
    return Run(rows, stages, check_run(world, params))


def run_stage(stage: str, project: Path) -> Measured:
    """Run a stage's script on the settings of ``project`` and measure it.

    Raises:
        RuntimeError: When it fails.
    """
    script = [sys.executable, str(ROOT / "stages" / f"{stage}.py"), "--config-path", str(project)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    start, peak, used = time.monotonic(), 0, _children_seconds()
    with subprocess.Popen(script, cwd=project, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, tree_bytes(process.pid))
            time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise RuntimeError(f"stage {stage} in {project} ended with {process.returncode}; its message is above")
    return Measured(time.monotonic() - start, peak, _children_seconds() - used)


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report_runs(runs: Sequence[Run]) -> list[str]:
    """Return the runs as Markdown: a table of stages, growth against the size before, and the findings of each."""
    head = ["stage", *(f"{run.rows:,} rows" for run in runs)]
    growth = [f"growth to {after.rows:,} / linear" for after in runs[1:]]
    lines = [_line([*head, *growth]), _line(["---"] * (len(head) + len(growth)))]
    for stage in STAGES:
        cells = [show_measured(run.stages[stage]) for run in runs]
        lines.append(_line([stage, *cells, *show_growth([run.stages[stage].seconds for run in runs], runs)]))
    totals = [sum(measured.seconds for measured in run.stages.values()) for run in runs]
    used = [sum(measured.cpu_seconds for measured in run.stages.values()) for run in runs]
    cells = [f"{total:.1f} s, {cpu:.1f} s CPU" for total, cpu in zip(totals, used, strict=True)]
    lines.append(_line(["all", *cells, *show_growth(totals, runs)]))
    for run in runs:
        lines += ["", f"{run.rows:,} rows:", *(f"- {name}: {found}" for name, found in run.findings.items())]
    return lines


def show_measured(measured: Measured) -> str:
    """Return seconds, CPU seconds and peak memory of a stage."""
    return f"{measured.seconds:.1f} s, {measured.cpu_seconds:.1f} s CPU, {measured.peak_bytes / 2**30:.2f} GiB"


def show_growth(seconds: Sequence[float], runs: Sequence[Run]) -> list[str]:
    """Return, for each size but the first, how much more than linear the time grew: 1.00 is linear."""
    pairs = zip(seconds[:-1], seconds[1:], runs[:-1], runs[1:], strict=True)
    return [f"{(after / before) / (b.rows / a.rows):.2f}" for before, after, a, b in pairs]


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
