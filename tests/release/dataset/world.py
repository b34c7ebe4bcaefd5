"""A finished pipeline of the mini world, small: what a data set is released from."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from proguard.collect.files.editions import Access
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.row import Row, make_row
from proguard.runtime.params import compose_params
from proguard.sample import read_samples
from proguard.storage.files import write_json
from tests.evaluate.report.summaries import EMPTY, make_training
from tests.policies import draw_policy
from tests.tables import write_rows
from tests.worlds import LEVELS, taxonomy
from tools.closure import ROOT

WARNING = "no safe training row of modality text_image"
FOUND = {"votes": 5, "coverage": 0.5, "exact": 0.8, "category": 0.9, "kappa": float("nan"), "by_code": {}}
MAPPING = {
    "coverage": 0.75,
    "coverage_by_source": {"mini_world": 0.75},
    "accuracy": {"mini_world": {"embedding": FOUND}},
    "contradicted_labels": [{"source": "s", "label": "l", "code": "C1S1", "votes": 20, "against": 12}],
}


def write_pipeline(root: Path, *, n: int) -> dict[str, list[Row]]:
    """Write the files of a pipeline into ``root``, with ``n`` training samples drawn; return its rows by set."""
    sizes = (f"collect.sources.mini_world.read.n_train={n}", "collect.sources.mini_world.read.n_test=9")
    params = compose_params(ROOT / "conf", overrides=sizes)
    root.mkdir(parents=True, exist_ok=True)
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    collected = root / "data/collected"
    collected.mkdir(parents=True)
    shutil.copy(ROOT / "data/taxonomy.yaml", root / "data")
    cache = root / "cache"
    collect_sources(
        params["collect"]["sources"],
        {},
        folder=collected,
        access=Access(mirror=None, cache=cache, offline=True, hub_endpoint=None),
        web=WebImages(cache=cache, offline=True, **params["collect"]["web"]),
        limits=Limits(max_pixels=10**6, max_bad_share=0, max_dead_share=0),
    )
    rows = draw_rows(collected)
    for name, members in rows.items():
        write_rows(members, root / f"data/splits/{name}.parquet")
    summaries = {"taxonomy_map": MAPPING, "leakage": EMPTY}
    summaries["ood_split"] = {"training": make_training(taxonomy(), warnings=(WARNING,))}
    for name, summary in summaries.items():
        write_json(summary, root / f"data/summaries/{name}.json")
    return rows


def draw_rows(collected: Path) -> dict[str, list[Row]]:
    """Return the collected samples as rows with policies, by set."""
    rng = random.Random(0)
    rows: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for i, sample in enumerate(read_samples(collected / "samples.parquet")):
        code = sample.source_label if sample.is_unsafe else None
        role = "free" if code is None else rng.choice(["shown", "hidden"])
        level = LEVELS[sample.modality]
        policy = draw_policy(
            taxonomy(), level=level, category=code, role=role, n_shown=(4, 6), shuffle_ids=True, rng=rng
        )
        name = sample.split if sample.split == "test" else "val" if i % 5 == 0 else "train"
        rows[name].append(make_row(replace(sample, category=code), policy, role, taxonomy()))
    return rows
