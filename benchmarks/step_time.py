"""Times a training step against its rollouts alone and against TRL's GRPOTrainer, in turn in one run.

    python -m benchmarks.step_time --trl .work/trl/bin/python

The same model, rows, prompts a step, rollouts a prompt, tokens and reward. A round: the rollouts of a step in this
process (`benchmarks.rollouts`), then a training of ours, then TRL's with and without images, weighted as in our
batches. Reported is the median of the rounds; of a training, the median of its steps after the first two.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rollouts import time_rollouts
from tests.training_project import make_project, train
from tools.closure import ROOT

N_ROWS, WARM_UP = 96, 2
IMAGE_SHARE = 2 / 3
"""Rows with an image, as `tests.worlds.draw_rows` draws the three modalities in turn."""


def main() -> None:
    """Parse the command line, run the rounds and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trl", type=Path, help="Python of an environment with TRL; without it TRL is left out")
    parser.add_argument("--threads", type=int, default=2, help="of TRL; ours has one in each of its processes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        for name, value in time_round(options.trl, options.steps, options.threads).items():
            found.setdefault(name, []).append(value)
            sys.stdout.write(f"{name:24} {value:7.2f} s   load {os.getloadavg()[0]:.1f}\n")
            sys.stdout.flush()
    median = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        sys.stdout.write(f"{name:24} median {median[name]:.2f} s, {min(values):.2f} to {max(values):.2f}\n")
    sys.stdout.write(f"step / rollouts          {median['step'] / median['rollouts']:.1f}\n")
    if options.trl:
        sys.stdout.write(f"step / TRL's step        {median['step'] / median['TRL step']:.2f}\n")


def time_round(trl: Path | None, steps: int, threads: int) -> dict[str, float]:
    """Return the seconds of each part of one round."""
    rollouts = statistics.median(time_rollouts(["ours"], repeats=5)["ours"])
    found = {"rollouts": rollouts}
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project", n_rows=N_ROWS)
        settings = (f"rl_train.steps={steps}", f"rl_train.save_every={steps}")
        start = time.perf_counter()
        done = train(project, *settings, timeout=1800)
        whole = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        timed = [numbers for step, numbers in sorted(done.steps.items()) if step > WARM_UP]
        for name, key in (("step", "step"), ("step: rollouts", "gen"), ("step: update", "update_actor")):
            found[name] = statistics.median(numbers[f"timing_s/{key}"] for numbers in timed)
        found["start-up and end"] = whole - sum(numbers["timing_s/step"] for numbers in done.steps.values())
        if trl:
            text, image = (time_trl(trl, project, name, steps, threads) for name in ("text", "image"))
            found |= {"TRL text": text, "TRL image": image}
            found["TRL step"] = (1 - IMAGE_SHARE) * text + IMAGE_SHARE * image
    return found


def time_trl(python: Path, project: Path, modality: str, steps: int, threads: int) -> float:
    """Return the median seconds of a step of TRL's on rows with or without images."""
    command = [
        python.absolute(), "-m", "benchmarks.trl_step", project,
        "--modality", modality, "--steps", str(steps), "--threads", str(threads),
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return statistics.median(json.loads(done.stdout.splitlines()[-1])["seconds"][WARM_UP:])


if __name__ == "__main__":
    main()
