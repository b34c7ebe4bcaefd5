"""What a run costs, each part a text with its arithmetic; a sum with an unknown part is a lower bound and says so."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from proguard.collect.files.dataset import is_commit
from proguard.modality_balance.mix import plan_mix
from proguard.plan.entries import Entry, Model
from proguard.sample import MODALITIES

OFFLINE_KINDS = ("label_map", "embedding", "classifier")
"""Kinds of annotators that ask no language model."""

TOKENS_PER_CALL = 1500
"""Tokens of a question to an annotator and its answer, guessed: the 28 subcategories with their descriptions are some
900, the rest is the conversation. An image comes on top."""

VAGUE_LICENCES = ("not stated", "other")

COPIES = 2
"""Bytes on disk for a byte that is downloaded: the file itself, and the images and texts in data/collected."""


def estimate_cost(params: Mapping[str, Any], entries: Sequence[Entry]) -> dict[str, str]:
    """Return rows, draw, download, disk, annotation and training of a run over ``entries``."""
    missing = [0 if entry.is_here else entry.download_bytes for entry in entries]
    rows = [entry.rows for entry in entries]
    return {
        "rows": f"{_total(rows, _count)} expected",
        "drawn": describe_draw(params["modality_balance"]),
        "download": _total(missing, _size),
        "disk": f"{_total(missing, lambda n: _size(COPIES * n))}: files and their copy in data/collected; DVC's cache, "
        "models and checkpoints come on top",
        "annotation": _annotation(params["taxonomy_map"]["annotators"], rows),
        "training": _training(params),
    }


def find_warnings(
    entries: Sequence[Entry], models: Sequence[Model], *, tested_only: Sequence[str] = (), has_token: bool
) -> Iterator[str]:
    """Yield what needs a look before the run: sources that train nothing, then gates, what may move, and licences.

    Args:
        entries: What the run collects.
        models: Models that it downloads.
        tested_only: Sources that are evaluation sets too.
        has_token: Whether a token for the hub is set.
    """
    if tested_only:
        yield f"source and evaluation set, so that it trains nothing: {', '.join(tested_only)}"
    for entry in entries:
        if entry.gate and not entry.is_here:
            token = "" if has_token else "; HF_TOKEN is not set"
            yield f"{entry.name}: gated, accept the terms at {entry.gate}{token}"
    loose = [e.name for e in entries if not e.is_pinned] + [m.name for m in models if not is_commit(m.revision)]
    if loose:
        yield f"not pinned to a commit, may read other data tomorrow: {', '.join(loose)}"
    if closed := [entry.name for entry in entries if entry.forbids_commerce]:
        yield f"licence forbids commercial use: {', '.join(closed)}"
    if vague := [entry.name for entry in entries if entry.licence.startswith(VAGUE_LICENCES)]:
        yield f"licence not stated or without a name, read the terms: {', '.join(vague)}"


def describe_draw(settings: Mapping[str, Any]) -> str:
    """Return how many samples of each modality the mix asks for, as far as it does not depend on what there is.

    Args:
        settings: ``modality_balance`` of the configuration.
    """
    strategy, total, image_share = (settings[key] for key in ("strategy", "total", "image_share"))
    if strategy == "natural" or (total is None and strategy != "exact"):
        most = "as many samples as there are" if total is None else f"{total:,} samples"
        shares = {
            "natural": "in the shares as they come",
            "balanced": "a third of each modality",
            "image_scarce": f"{image_share:.0%} of them images",
        }
        return f"{most}, {shares[strategy]} ({strategy})"
    # The sizes count for the strategies above alone.
    quotas = plan_mix(
        dict.fromkeys(MODALITIES, 0), strategy=strategy, total=total, image_share=image_share, mix=settings["mix"]
    )
    n = sum(quotas.values())
    parts = ", ".join(f"{modality} {quota:,} ({quota / n:.1%})" for modality, quota in quotas.items())
    return f"{n:,} samples: {parts} ({strategy}); an error when one is short"


def _annotation(annotators: Sequence[Mapping[str, Any]], rows: Sequence[int | None]) -> str:
    models = [a["name"] for a in annotators if a.get("kind", a["name"]) not in OFFLINE_KINDS]
    if not models:
        return "no model annotator, no call"
    calls = _total(rows, lambda n: _count(n * len(models)))
    tokens = _total(rows, lambda n: f"{n * len(models) * TOKENS_PER_CALL / 1e6:,.0f} million")
    return (
        f"{calls} calls of {', '.join(models)} were every row unsafe (only unsafe ones are asked about); "
        f"{tokens} tokens at {TOKENS_PER_CALL:,} a call, images not counted"
    )


def _training(params: Mapping[str, Any]) -> str:
    rl, machines = params["rl_train"], params["runtime"]["rl"]
    work = f"{rl['steps']} steps of {rl['batch_size']} prompts x {rl['group_size']} rollouts"
    if params["engine"]["environment"].get("VERL_PLATFORM") == "cpu":
        return f"{work} on a CPU, no GPU-hours"
    gpus = machines["n_gpus_per_node"] * machines["nnodes"]
    seconds = params["plan"].get("seconds_per_step")
    if seconds is None:
        return f"{work} on {gpus} GPUs; GPU-hours unknown unless plan.seconds_per_step is set"
    return f"{work} on {gpus} GPUs; {rl['steps'] * seconds * gpus / 3600:,.1f} GPU-hours at {seconds:g} s a step"


def _total(parts: Sequence[int | None], show: Callable[[int], str]) -> str:
    known = [part for part in parts if part is not None]
    if len(known) == len(parts):
        return show(sum(known))
    unknown = f"{len(parts) - len(known)} of {len(parts)} unknown"
    return f"at least {show(sum(known))} ({unknown})" if any(known) else f"unknown ({unknown})"


def _count(n: int) -> str:
    return f"{n:,}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.1f} GB"
