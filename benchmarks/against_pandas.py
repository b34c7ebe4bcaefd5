"""Seconds of balance and split, ours and the same work as one would write it in pandas: same rows, same policies.

Both read one table of linked samples, draw the paper's mix scaled to ``--rows``, divide it, draw a policy for each
row and write the sets as parquet. Drawing the table is not timed.

Run: python -m benchmarks.against_pandas --rows 87024 [--repeats 3] [--only ours]
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from omegaconf import OmegaConf

from proguard.modality_balance.draw import balance_modalities
from proguard.ood_split.assign import assign_splits, with_code
from proguard.ood_split.leak import KEYS, check_no_leak, with_lone_text
from proguard.ood_split.roles import with_policy, with_role
from proguard.ood_split.sets import select_set
from proguard.row import ROW_SCHEMA
from proguard.sample import SAMPLE_SCHEMA
from proguard.storage.files import write_table
from proguard.strata import apportion, with_label
from proguard.taxonomy import load_taxonomy
from tests.pandas_split import run_pandas
from tools.closure import ROOT

SOURCES = {
    "image": ("guard_reasoner_vl", "llavaguard_train", "t2i_safety"),
    "text_image": ("beavertails_v_train", "llava_cc3m"),
    "text": ("direct_refusal", "med_safety_bench", "do_not_answer", "guard_reasoner", "aegis1", "aegis2_train"),
}
SURPLUS = 1.05
"""Samples of each modality for one that is drawn."""

BENCHMARK_SHARE = 0.1
TOUCHING_SHARE = 0.01
WORDS = np.array([f"word{i}" for i in range(2000)])


def load_settings(rows: int) -> dict:
    """Return modality_balance and ood_split of conf/, the exact mix scaled to ``rows``, with a benchmark set."""
    conf = OmegaConf.merge(
        *(OmegaConf.load(ROOT / "conf" / f"{name}.yaml") for name in ("modality_balance", "ood_split"))
    )
    settings = OmegaConf.to_container(conf, resolve=True)
    settings["modality_balance"] |= {"strategy": "exact", "total": rows}
    settings["ood_split"]["test_sets"]["benchmark"] = {"split": "benchmark", "shuffle_ids": False}
    return settings


def draw_linked(rows: int, mix: dict[str, int], seed: int = 0) -> pl.DataFrame:
    """Return a table of linked samples from which the mix can be drawn: groups of one to three, half of them unsafe."""
    rng = np.random.default_rng(seed)
    codes = load_taxonomy(ROOT / "data" / "taxonomy.yaml").codes("subcategory")
    parts = []
    for (modality, sources), n in zip(SOURCES.items(), apportion(rows, [mix[m] for m in SOURCES]), strict=True):
        n = int(n * SURPLUS * (1 + BENCHMARK_SHARE) / (1 - TOUCHING_SHARE)) + 10
        kind = rng.choice(
            [None, "benchmark", "touching"],
            n,
            p=[1 - BENCHMARK_SHARE - TOUCHING_SHARE, BENCHMARK_SHARE, TOUCHING_SHARE],
        )
        unsafe = rng.random(n) < 0.5
        lengths = rng.integers(10, 120, n)
        words = WORDS[rng.integers(0, len(WORDS), lengths.sum())]
        texts = [" ".join(part) for part in np.split(words, lengths.cumsum()[:-1])]
        group = np.sort(rng.integers(0, n * 3 // 4, n))
        parts.append(
            pl.DataFrame(
                {
                    "id": [f"{modality[0]}{modality[-1]}{i:014x}" for i in rng.permutation(n)],
                    "source": np.where(kind == "benchmark", "xstest", rng.choice(sources, n)),
                    "group": [f"{modality} {g} {k == 'benchmark'}" for g, k in zip(group, kind, strict=True)],
                    "modality": [modality] * n,
                    "request": [None] * n if modality == "image" else texts,
                    "response": [None] * n if modality == "image" else texts[::-1],
                    "image": [None] * n if modality == "text" else [f"{modality} image {i}" for i in range(n)],
                    "request_label": np.where(unsafe, "unsafe", "safe"),
                    "response_label": [None] * n,
                    "category": np.where(unsafe, rng.choice(codes, n), None).tolist(),
                    "source_label": [None] * n,
                    "split": np.where(kind == "benchmark", "benchmark", None).tolist(),
                    "touches": np.where(kind == "touching", "xstest", None).tolist(),
                },
                schema=SAMPLE_SCHEMA | {"touches": pl.String()},
            )
        )
    table = pl.concat(parts).sort("id")
    return table.with_columns(component=pl.col("id").min().over("group"))


def write_linked(path: Path, rows: int, mix: dict[str, int]) -> None:
    """Write the table of `draw_linked`."""
    write_table(draw_linked(rows, mix), path)


def run_ours(linked: Path, folder: Path, settings: dict) -> None:
    """Do what stages modality_balance and ood_split do, without their summaries."""
    conf, taxonomy = settings["ood_split"], load_taxonomy(ROOT / "data" / "taxonomy.yaml")
    balanced = balance_modalities(pl.read_parquet(linked), **settings["modality_balance"])
    samples = with_code(with_label(balanced), taxonomy, levels=conf["levels"], novel=conf["novel"])
    assigned = assign_splits(samples, **{key: conf[key] for key in ("val_share", "test_share", "seed")})
    check_no_leak(with_lone_text(assigned), KEYS)
    ready = with_role(assigned, ood_share=conf["ood_share"], seed=conf["seed"])
    policies = {key: conf[key] for key in ("levels", "n_shown", "hide", "novel", "seed")}
    for name, wanted in (conf["sets"] | conf["test_sets"]).items():
        shown = select_set(ready, name=name, split=wanted["split"])
        rows = with_policy(shown, taxonomy, shuffle_ids=wanted.get("shuffle_ids", conf["shuffle_ids"]), **policies)
        write_table(rows.select(list(ROW_SCHEMA)), folder / f"{name}.parquet")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run takes."""

    seconds: float
    """On the clock."""

    cpu_seconds: float
    """Of all threads; what other work on the machine changes least."""


def measure(run: Callable[[Path, Path, dict], None], linked: Path, folder: Path, settings: dict, repeats: int) -> Cost:
    """Return the medians of what ``run`` takes."""
    costs = []
    for _ in range(repeats):
        start, cpu_start = time.perf_counter(), time.process_time()
        run(linked, folder, settings)
        costs.append((time.perf_counter() - start, time.process_time() - cpu_start))
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def write_both(linked: Path, folder: Path, settings: dict, kinds: Sequence[str], repeats: int) -> dict[str, Cost]:
    """Write the sets of each kind into a folder of its own, and return what each takes."""
    costs = {}
    for kind in kinds:
        (folder / kind).mkdir()
        run = {"ours": run_ours, "pandas": run_pandas}[kind]
        costs[kind] = cost = measure(run, linked, folder / kind, settings, repeats)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        sys.stdout.write(f"{kind}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of CPU, peak so far {peak:.2f} GiB\n")
    return costs


def are_same_rows(folder: Path, settings: dict) -> bool:
    """Return whether both kinds wrote the same rows into every set."""
    paths = [f"{name}.parquet" for key in ("sets", "test_sets") for name in settings["ood_split"][key]]
    return all(pl.read_parquet(folder / "ours" / p).equals(pl.read_parquet(folder / "pandas" / p)) for p in paths)


def main() -> None:
    """Print what both take, the ratios, and whether the rows are the same."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=87_024)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=["ours", "pandas"])
    arguments = parser.parse_args()
    settings = load_settings(arguments.rows)
    with tempfile.TemporaryDirectory() as name:
        linked = Path(name) / "linked.parquet"
        # In a process of its own, so that its memory does not count.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(write_linked, linked, arguments.rows, settings["modality_balance"]["mix"]).result()
        kinds = [arguments.only] if arguments.only else ["ours", "pandas"]
        costs = write_both(linked, Path(name), settings, kinds, arguments.repeats)
        if arguments.only is None:
            ours, theirs = costs["ours"], costs["pandas"]
            sys.stdout.write(
                f"pandas / ours, {arguments.rows} rows: {theirs.seconds / ours.seconds:.1f} on the clock, "
                f"{theirs.cpu_seconds / ours.cpu_seconds:.1f} of CPU; "
                f"same rows: {are_same_rows(Path(name), settings)}\n"
            )


if __name__ == "__main__":
    main()
