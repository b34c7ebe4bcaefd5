"""The bootstrap's time and memory, against a loop over scikit-learn on the same draws.

    python -m benchmarks.bootstrap [--loop-draws 1000]

Predictions of 20 text sets of 5,000 rows, two rows a group, are made up. What is timed is `measure`, as the stage
evaluate calls it: every metric with its interval. The loop computes two of them, both F1 of the requests, by
`sklearn.metrics.f1_score` with the draw's weights; by default it is run for 50 draws a set, and its time scaled. The
intervals of as many draws are compared.
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import f1_score

from proguard.evaluate.metrics.bootstrap import percentile_interval
from proguard.evaluate.metrics.estimate import ALL, measure
from proguard.evaluate.metrics.outcome import Outcome
from tests.outcomes import make_outcome

N_SETS, N_ROWS, N_DRAWS, SEED = 20, 5_000, 1_000, 0
CONFIDENCE = 0.95


def draw_outcomes(rng: np.random.Generator) -> list[Outcome]:
    """Return outcomes of one set: half unsafe, one answer in five wrong."""
    gold, right = rng.random(N_ROWS) < 0.5, rng.random(N_ROWS) < 0.8
    outcomes = []
    for row in range(N_ROWS):
        said = "C7S2" if gold[row] == right[row] else None
        labels = {"request": "unsafe", "category": "C7S2"} if gold[row] else {"request": "safe", "category": None}
        outcomes.append(make_outcome(said, **labels, group=f"{row // 2}"))
    return outcomes


def loop(outcomes: Sequence[Outcome], n_draws: int) -> dict[str, np.ndarray]:
    """Return both F1 of the first draws, by scikit-learn."""
    gold = np.array([o.target.request_label == "unsafe" for o in outcomes])
    said = np.array([o.reading.request.label == "unsafe" for o in outcomes])
    names, index = np.unique([o.row.sample.group for o in outcomes], return_inverse=True)
    rng, share = np.random.default_rng(SEED), np.full(len(names), 1 / len(names))
    found: dict[str, list[float]] = {"f1": [], "weighted_f1": []}
    for _ in range(n_draws):
        weights = rng.multinomial(len(names), share)[index]
        found["f1"].append(f1_score(gold, said, sample_weight=weights))
        found["weighted_f1"].append(f1_score(gold, said, sample_weight=weights, average="weighted"))
    return {name: np.array(values) for name, values in found.items()}


def main() -> None:
    """Print both times, the memory, and the largest difference of an interval's end or value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loop-draws", type=int, default=50, help="draws of the loop a set (default: %(default)s)")
    n_draws = parser.parse_args().loop_draws
    rng = np.random.default_rng(SEED)
    sets = [draw_outcomes(rng) for _ in range(N_SETS)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    seconds = [time.perf_counter(), time.process_time()]
    options = {"baseline": "base", "trained": "g", "n_resamples": N_DRAWS, "confidence": CONFIDENCE, "seed": SEED}
    for outcomes in sets:
        measure({"g": outcomes}, **options)
    own = [time.perf_counter() - seconds[0], time.process_time() - seconds[1]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    seconds = [time.perf_counter(), time.process_time()]
    theirs = [loop(outcomes, n_draws) for outcomes in sets]
    scale = N_DRAWS / n_draws
    loops = [scale * (time.perf_counter() - seconds[0]), scale * (time.process_time() - seconds[1])]

    sys.stdout.write(f"{N_DRAWS:,} draws over {N_SETS * N_ROWS:,} predictions of {N_SETS} sets\n")
    sys.stdout.write(f"ours, every metric: {own[0]:.1f} s, {own[1]:.1f} s of a processor\n")
    sys.stdout.write(f"peak memory {peak / 2**20:.2f} GiB, of which {before / 2**20:.2f} before\n")
    sys.stdout.write(f"loop over scikit-learn, two metrics, {n_draws:,} draws a set: {loops[0]:.0f} s, ")
    sys.stdout.write(f"{loops[1]:.0f} s of a processor, {loops[1] / own[1]:.0f} times ours\n")
    few = options | {"n_resamples": n_draws}
    same = [measure({"g": outcomes}, **few)["g"][ALL]["request_safety"] for outcomes in sets]
    worst = max(
        abs(end - expected)
        for own_set, drawn in zip(same, theirs, strict=True)
        for name, values in drawn.items()
        for end, expected in zip(
            (own_set[name].low, own_set[name].high), percentile_interval(values, CONFIDENCE), strict=True
        )
    )
    sys.stdout.write(f"largest difference of an interval's end: {worst:.1e}\n")


if __name__ == "__main__":
    main()
