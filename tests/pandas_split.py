"""Balance and split in pandas, as one would write them there: what benchmarks/against_pandas.py compares ours with.

It shares the keys of the draws, the largest remainder and the even division of groups with ours, and nothing else.
"""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pandas as pd

from proguard.ood_split.assign import take_share
from proguard.row import ROW_SCHEMA
from proguard.sample import MODALITIES
from proguard.strata import apportion
from proguard.taxonomy import load_taxonomy
from tools.closure import ROOT

TAXONOMY = load_taxonomy(ROOT / "data" / "taxonomy.yaml")
PARENT = {node.code: TAXONOMY.category_of(node.code) for node in TAXONOMY}
TESTED = ["test", "benchmark"]
MASK = 2**64 - 1


def run_pandas(linked: Path, folder: Path, settings: dict) -> None:
    """Read linked samples, balance, split, draw policies and write the sets."""
    conf = settings["ood_split"]
    balanced = balance(pd.read_parquet(linked), settings["modality_balance"])
    assigned = assign(add_code(balanced, conf), conf)
    check_no_leak(assigned)
    samples = draw_roles(assigned, conf)
    codes = {level: TAXONOMY.codes(level) for level in ("category", "subcategory")}
    for name, wanted in (conf["sets"] | conf["test_sets"]).items():
        rows = samples[samples["assigned"] == wanted["split"]].sort_values("id")
        rows = rows.assign(
            policy=rows.apply(draw_policy, axis=1, args=(codes, conf, wanted.get("shuffle_ids", conf["shuffle_ids"])))
        )
        rows[list(ROW_SCHEMA)].to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)


def draw_key(id_: str, seed: int, purpose: str) -> str:
    """Return the key that ours sorts by."""
    return hashlib.sha256(f"{seed} {purpose} {id_}".encode()).hexdigest()[:16]


def draw_strata(rows: pd.DataFrame, n: int, by: str | list[str]) -> pd.DataFrame:
    """Return the first ``n`` rows by ``draw_key``, each stratum in proportion."""
    strata = rows.sort_values("draw_key").groupby(by, dropna=False)
    sizes = strata.size().sort_index(na_position="last")
    quotas = dict(zip(sizes.index, apportion(n, sizes.tolist()), strict=True))
    return pd.concat([stratum.head(quotas[key]) for key, stratum in strata])


def balance(samples: pd.DataFrame, conf: dict) -> pd.DataFrame:
    """Return the exact mix and what is only tested."""
    unsafe = (samples["request_label"] == "unsafe") | (samples["response_label"] == "unsafe")
    samples = samples.assign(label=unsafe.map({True: "unsafe", False: "safe"}))
    tested = samples["split"].isin(TESTED)
    pool = samples[~tested & samples["touches"].isna()]
    keys = [draw_key(i, conf["seed"], f"balance {m}") for i, m in zip(pool["id"], pool["modality"], strict=True)]
    pool = pool.assign(draw_key=keys)
    quotas = apportion(conf["total"], [conf["mix"][modality] for modality in MODALITIES])
    drawn = []
    for modality, n in zip(MODALITIES, quotas, strict=True):
        sources = pool[pool["modality"] == modality].groupby("source")
        shares = apportion(n, sources.size().tolist())
        drawn += [draw_strata(rows, n, ["label", "category"]) for n, (_, rows) in zip(shares, sources, strict=True)]
    return pd.concat([samples[tested], *drawn]).sort_values("id")


def add_code(samples: pd.DataFrame, conf: dict) -> pd.DataFrame:
    """Return the samples with the code at their level, and whether it is novel."""
    category = samples["category"].map(PARENT.get, na_action="ignore")
    at_category = samples["modality"].map(conf["levels"]) == "category"
    subcategory = samples["category"].where(samples["category"] != category)
    return samples.assign(code=category.where(at_category, subcategory), is_novel=category.isin(conf["novel"]))


def assign(samples: pd.DataFrame, conf: dict) -> pd.DataFrame:
    """Return the samples with their split, whole groups in one."""
    samples = samples.assign(component=samples.groupby("component")["id"].transform("min"))
    by_group = samples["component"]
    is_train = samples["split"] == "train"
    touches_test = samples["split"].isin(TESTED).groupby(by_group).transform("any")
    is_bound = is_train.groupby(by_group).transform("any")
    holds_novel = samples["is_novel"].groupby(by_group).transform("any")
    assigned = pd.Series(pd.NA, index=samples.index, dtype="string")
    assigned[(touches_test & ~is_train) | (~touches_test & ~is_bound & holds_novel)] = "test"
    assigned[samples["split"] == "benchmark"] = "benchmark"
    is_dropped = is_train & (touches_test | samples["is_novel"]) | (is_bound & samples["is_novel"] & ~touches_test)
    is_open = assigned.isna() & ~is_dropped
    test: set[str] = set()
    val: set[str] = set()
    for bound, share in ((True, 0.0), (False, conf["test_share"])):
        groups = order_groups(samples[is_open & (is_bound == bound)], conf["seed"])
        test |= take_share(groups, share)
        val |= take_share([group for group in groups if group[0] not in test], conf["val_share"] / (1 - share))
    assigned[is_open] = "train"
    assigned[is_open & by_group.isin(val)] = "val"
    assigned[is_open & by_group.isin(test)] = "test"
    is_unmapped = (samples["label"] == "unsafe") & samples["code"].isna() & (assigned == "train")
    samples = samples.assign(assigned=assigned.mask(is_unmapped.fillna(value=False)))
    return samples[samples["assigned"].notna()]


def order_groups(pool: pd.DataFrame, seed: int) -> list[tuple[str, int]]:
    """Return name and size of each group, by the strata that it touches, then shuffled."""
    strata = pool["modality"] + " " + pool["label"] + " " + pool["category"].fillna("")
    by_group = strata.groupby(pool["component"])
    groups = pd.DataFrame({"strata": by_group.agg(lambda s: " + ".join(sorted(set(s)))), "size": by_group.size()})
    groups["draw_key"] = groups.index.map(lambda name: draw_key(name, seed, "split"))
    return list(groups.sort_values(["strata", "draw_key"])["size"].items())


def check_no_leak(samples: pd.DataFrame) -> None:
    """Check that no group, text alone, image or component stands on two sides."""
    text = samples["request"].str.lower().str.replace(r"[\s!-/:-@\[-`{-~]+", " ", regex=True).str.strip()
    is_alone = samples["image"].isna()
    lone = text.where(is_alone & ~text.isin(text[~is_alone].dropna()))
    side = samples["assigned"].replace("benchmark", "test")
    for key in (samples["group"], lone, samples["image"], samples["component"]):
        if (side.groupby(key).nunique() > 1).any():
            raise RuntimeError(f"{key.name} is in more than one split")


def draw_roles(samples: pd.DataFrame, conf: dict) -> pd.DataFrame:
    """Return the samples with the role of their category."""
    mapped = samples[samples["code"].notna() & ~samples["is_novel"]]
    benchmark = (" " + mapped["source"]).where(mapped["assigned"] == "benchmark", "")
    hidden = []
    for (split, modality, name), rows in mapped.groupby(["assigned", "modality", benchmark]):
        n = int(Fraction(str(conf["ood_share"])) * len(rows) + Fraction(1, 2))
        keys = [draw_key(id_, conf["seed"], f"hide {split} {modality}{name}") for id_ in rows["id"]]
        hidden.append(draw_strata(rows.assign(draw_key=keys), n, "code")["id"])
    role = pd.Series("shown", index=samples.index)
    role[samples["id"].isin(pd.concat(hidden))] = "hidden"
    role[samples["is_novel"]] = "novel"
    role[samples["code"].isna()] = "free"
    return samples.assign(role=role)


def draw_number(key: int, i: int) -> int:
    """Return number ``i`` of a key: splitmix64."""
    z = (key + (i + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def draw_policy(row: pd.Series, codes: dict, conf: dict, shuffle_ids: bool) -> str:
    """Return the policy of one row, as JSON."""
    level, own = conf["levels"][row["modality"]], row["code"]
    names = codes[level]
    digest = hashlib.sha256(f"{conf['seed']} policy {row['id']}".encode()).digest()
    key = int.from_bytes(digest[:8], "little")
    allowed = [i for i, code in enumerate(names) if PARENT[code] not in conf["novel"]]
    pool = [i for i in allowed if names[i] != own]
    gold = [names.index(own)] if row["role"] == "shown" else []
    low, high = conf["n_shown"][level]
    size = min(low + draw_number(key, 0) % (high - low + 1), len(pool) + len(gold))
    shown = sorted(gold + sorted(pool, key=lambda i: draw_number(key, 1 + i))[: size - len(gold)])
    ids = list(shown)
    if shuffle_ids:
        shown.sort(key=lambda i: draw_number(key, 1 + len(names) + i))
        ids = sorted(range(len(names)), key=lambda i: draw_number(key, 1 + 2 * len(names) + i))[:size]
    listed = [(names[id_], names[i]) for id_, i in zip(ids, shown, strict=True)]
    hidden = [names[i] for i in allowed if i not in shown]
    return json.dumps({"level": level, "shown": listed, "hidden": hidden})
