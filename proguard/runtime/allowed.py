"""What each setting of params.yaml may be; the files of conf/ say what it means.

A test holds that every key of conf/ is here, and that every profile, suite, experiment and guard keeps to it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from proguard.runtime.ranges import (
    ANY,
    BELOW_ONE,
    FLAG,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    TEXT,
    Range,
    Relation,
    find_faults,
    list_of,
    number,
    one_of,
    or_null,
    whole,
)

_SEED = whole(0, 2**32 - 1)
_MODALITY = one_of("text", "image", "text_image")
_LEVEL = one_of("category", "subcategory")
_DTYPE = one_of("float32", "bfloat16")
_ENGINE = one_of("transformers", "vllm")
_COUNTS = Range(
    "the fewest and the most, such as [4, 7], or pairs of number and weight, such as [[4, 1], [8, 3]]",
    lambda value: isinstance(value, list) and len(value) > 0 and (_is_span(value) or all(map(_is_weighed, value))),
)
_DEVICE = Range("auto, cpu, cuda or cuda:<number>", lambda value: _matches(r"auto|cpu|cuda(:\d+)?", value))
_ADDRESS = Range("local, auto or host:port", lambda value: _matches(r"local|auto|[^\s/]+:\d+", value))
_STRATA = Range(
    "a list of lists of columns, one of them label",
    lambda value: list_of(list_of(TEXT)).holds(value) and any("label" in columns for columns in value),
)


def _matches(pattern: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_span(value: list[Any]) -> bool:
    return len(value) == 2 and all(map(whole(1).holds, value)) and value[0] <= value[1]


def _is_weighed(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and whole(1).holds(pair[0]) and POSITIVE.holds(pair[1])


_ENTRY: Mapping[str, Range] = {
    "licence": TEXT,
    "adapter": or_null(TEXT),
    "hub": or_null(TEXT),
    "gate": or_null(TEXT),
    "url": or_null(TEXT),
    "revision": or_null(TEXT),
    "editions.*": or_null(whole(0)),
    "files": ANY,
    "rows": or_null(whole(0)),
    "download_bytes": or_null(whole(0)),
    "accept_other_files": FLAG,
    "per_file": FLAG,
    "read.n_train": whole(0),
    "read.n_test": whole(0),
    "read.seed": _SEED,
    "read.limit": or_null(whole(1)),
    "read.modalities": list_of(_MODALITY),
    "read.labels": list_of(one_of("safe", "unsafe")),
    "read.*": ANY,
}

_SET: Mapping[str, Range] = {
    "split": one_of("train", "val", "test", "benchmark"),
    "shuffle_ids": FLAG,
    "sources": or_null(list_of(TEXT)),
    "label": or_null(one_of("safe", "unsafe")),
}

_ANNOTATOR: Mapping[str, Range] = {
    "name": TEXT,
    "kind": one_of("label_map", "embedding", "classifier", "transformers", "vllm", "endpoint"),
    "threshold": SHARE,
    "precision": number("a number in (0, 1]", lambda value: 0 < value <= 1),
    "phrases": or_null(TEXT),
    "embed": one_of("texts", "tokens"),
    "model": TEXT,
    "revision": or_null(TEXT),
    "hint": FLAG,
    "max_chars": or_null(whole(1)),
    "max_new_tokens": whole(1),
    "dtype": _DTYPE,
    "batch_size": whole(1),
    "url": TEXT,
    "key_variable": or_null(TEXT),
    "request.**": ANY,
    "price": or_null(ANY),
    "price.prompt": NOT_NEGATIVE,
    "price.completion": NOT_NEGATIVE,
}

_REWARD: Mapping[str, Range] = {
    "format": one_of("strict", "lenient"),
    "requires_reasoning": FLAG,
    "exact_id": SHARE,
    "sibling_id": SHARE,
    "other_id": SHARE,
    "unknown_id": SHARE,
    "name": SHARE,
    "bonus": SHARE,
    "requires_free_name": FLAG,
    "requires_nearest": FLAG,
    "missed_image": SHARE,
}


def _under(prefix: str, ranges: Mapping[str, Range]) -> dict[str, Range]:
    return {f"{prefix}.{key}": found for key, found in ranges.items()}


ALLOWED: Mapping[str, Range] = {
    "profile": TEXT,
    "paths.*": TEXT,
    "prompt.style": one_of("full", "compact"),
    "prompt.max_chars": or_null(whole(1)),
    "collect.mirror": or_null(TEXT),
    "collect.offline": FLAG,
    "collect.max_bad_share": SHARE,
    "collect.max_dead_share": SHARE,
    "collect.max_pixels": whole(1),
    "collect.web.max_bytes": whole(1),
    "collect.web.timeout_seconds": POSITIVE,
    "collect.web.concurrency": whole(1),
    "collect.web.attempts": whole(1),
    **_under("collect.sources.*", _ENTRY),
    **_under("collect.benchmarks.*", _ENTRY),
    "carriers.max_images": whole(0),
    **_under("taxonomy_map.annotators.*", _ANNOTATOR),
    "taxonomy_map.rule.name": one_of("majority", "unanimous", "prior_filtered", "dawid_skene"),
    "taxonomy_map.rule.min_votes": whole(1),
    "leakage.shingle_words": whole(1),
    "leakage.text_threshold": number("a number in (0, 1]", lambda value: 0 < value <= 1),
    "leakage.image_hash_distance": or_null(whole(0, 16)),
    "leakage.n_examples": whole(1),
    "modality_balance.strategy": one_of("balanced", "natural", "image_scarce", "exact"),
    "modality_balance.total": or_null(whole(1)),
    "modality_balance.image_share": SHARE,
    "modality_balance.mix.image": whole(0),
    "modality_balance.mix.text_image": whole(0),
    "modality_balance.mix.text": whole(0),
    "modality_balance.keep_unmapped": FLAG,
    "modality_balance.by": _STRATA,
    "modality_balance.temperature": NOT_NEGATIVE,
    "modality_balance.seed": _SEED,
    "ood_split.seed": _SEED,
    "ood_split.val_share": BELOW_ONE,
    "ood_split.test_share": BELOW_ONE,
    "ood_split.novel": list_of(TEXT),
    "ood_split.fold": or_null(whole(0)),
    "ood_split.n_folds": whole(2),
    "ood_split.ood_share": SHARE,
    "ood_split.hide": _LEVEL,
    "ood_split.levels.text": _LEVEL,
    "ood_split.levels.image": _LEVEL,
    "ood_split.levels.text_image": _LEVEL,
    "ood_split.n_shown.subcategory": _COUNTS,
    "ood_split.n_shown.category": _COUNTS,
    "ood_split.shuffle_ids": FLAG,
    **_under("ood_split.sets.*", _SET),
    **_under("ood_split.test_sets.*", _SET),
    "tiny_base.seed": _SEED,
    "tiny_base.steps": whole(1),
    **_under("reward_lab.rules.*", _REWARD),
    "reward_lab.max_rows": whole(1),
    "reward_lab.n_words": whole(1),
    "reward_lab.max_words": whole(1),
    "reward_lab.max_share": SHARE,
    "reward_lab.max_mean": SHARE,
    "reward_lab.max_word_share": SHARE,
    "reward_lab.seed": _SEED,
    "rl_train.steps": whole(1),
    "rl_train.batch_size": whole(1),
    "rl_train.mini_batch_size": whole(1),
    "rl_train.group_size": whole(2),
    "rl_train.lr": POSITIVE,
    "rl_train.warmup_steps": whole(0),
    "rl_train.lr_schedule": one_of("constant", "cosine"),
    "rl_train.kl_coef": NOT_NEGATIVE,
    "rl_train.entropy_coef": NOT_NEGATIVE,
    "rl_train.clip_ratio": number("a number in (0, 1)", lambda value: 0 < value < 1),
    "rl_train.temperature": POSITIVE,
    "rl_train.max_prompt_length": whole(1),
    "rl_train.max_response_length": whole(1),
    "rl_train.max_dropped_share": SHARE,
    "rl_train.dtype": _DTYPE,
    "rl_train.save_every": whole(1),
    "rl_train.sample_every": whole(1),
    "rl_train.seed": _SEED,
    "guards.*.decoding.max_new_tokens": whole(1),
    "guards.*.decoding.batch_size": whole(1),
    "guards.*.recorded.max_unmatched": SHARE,
    "guards.*.weights.dtype": _DTYPE,
    "guards.*.**": ANY,
    "predict.asked.*": one_of("base_model", "rl_train", "guards"),
    "predict.guards": list_of(TEXT),
    "predict.test_sets": list_of(TEXT),
    "predict.guard": TEXT,
    "predict.test_set": TEXT,
    "predict.engine": _ENGINE,
    "predict.dtype": _DTYPE,
    "predict.decoding.max_new_tokens": whole(1),
    "predict.decoding.batch_size": whole(1),
    "variants.n_rows.policy_drift": whole(0),
    "variants.n_rows.modality_honesty": whole(0),
    "variants.seed": _SEED,
    "discover.guard": TEXT,
    "discover.test_set": TEXT,
    "discover.min_support": whole(2),
    "discover.same_from": BELOW_ONE,
    "discover.trial_rows": whole(0),
    "discover.trial_proposals": whole(0),
    "discover.seed": _SEED,
    "evaluate.baseline": TEXT,
    "evaluate.trained": TEXT,
    "evaluate.test_set": TEXT,
    "evaluate.n_resamples": whole(1),
    "evaluate.confidence": number("a number in (0, 1)", lambda value: 0 < value < 1),
    "evaluate.seed": _SEED,
    "evaluate.n_names": whole(0),
    "evaluate.n_examples": whole(0),
    "evaluate.shown_sources": list_of(TEXT),
    "runtime.work": TEXT,
    "runtime.cache": or_null(TEXT),
    "runtime.hub_endpoint": or_null(TEXT),
    "runtime.collect.workers": or_null(whole(1)),
    "runtime.collect.ray.address": or_null(_ADDRESS),
    "runtime.tracking_uri": or_null(TEXT),
    "runtime.inference.device": _DEVICE,
    "runtime.inference.threads": whole(1),
    "runtime.inference.vllm.**": ANY,
    "runtime.endpoint.concurrency": whole(1),
    "runtime.endpoint.retries": whole(0),
    "runtime.endpoint.timeout_s": POSITIVE,
    "runtime.annotators.ray.address": or_null(_ADDRESS),
    "runtime.annotators.ray.actors": whole(1),
    "runtime.annotators.ray.cpus": NOT_NEGATIVE,
    "runtime.annotators.ray.gpus": NOT_NEGATIVE,
    "runtime.rl.n_gpus_per_node": whole(1),
    "runtime.rl.nnodes": whole(1),
    "runtime.rl.ray_address": or_null(_ADDRESS),
    "runtime.rl.stall_seconds": POSITIVE,
    "runtime.rl.embedder_gpus": or_null(SHARE),
    "plan.seconds_per_step": or_null(POSITIVE),
    **_under("reward", _REWARD),
    "similarity.backend": one_of("minilm_wheel", "sentence_transformers"),
    "similarity.model": TEXT,
    "similarity.revision": or_null(TEXT),
    "similarity.max_threshold": BELOW_ONE,
    "similarity.mean_threshold": BELOW_ONE,
    "similarity.name_floor": BELOW_ONE,
    "base_model.kind": one_of("tiny", "hub"),
    "base_model.model": TEXT,
    "base_model.revision": or_null(TEXT),
    "engine.main": one_of("verl.trainer.main_ppo", "proguard.verl_cpu.main"),
    "engine.environment.*": TEXT,
    "engine.verl.**": ANY,
}
"""Range by key; see `find_faults` for the wildcards."""

RELATIONS = (
    Relation(
        ("rl_train.mini_batch_size", "rl_train.batch_size"),
        "a divisor of rl_train.batch_size",
        lambda mini, batch: batch % mini == 0,
    ),
    Relation(
        ("ood_split.val_share", "ood_split.test_share"),
        "a sum with ood_split.test_share below 1",
        lambda val, test: val + test < 1,
    ),
    Relation(
        ("ood_split.fold", "ood_split.n_folds"),
        "null or a number below ood_split.n_folds",
        lambda fold, n_folds: fold is None or fold < n_folds,
    ),
    Relation(("discover.guard", "predict.guards"), "one of predict.guards", lambda guard, guards: guard in guards),
    Relation(("discover.test_set", "predict.test_sets"), "one of predict.test_sets", lambda name, names: name in names),
    Relation(("evaluate.baseline", "predict.guards"), "one of predict.guards", lambda guard, guards: guard in guards),
    Relation(("evaluate.trained", "predict.guards"), "one of predict.guards", lambda guard, guards: guard in guards),
    Relation(("evaluate.test_set", "predict.test_sets"), "one of predict.test_sets", lambda name, sets: name in sets),
)


def find_faults_of(params: Mapping[str, Any], needs: Sequence[str]) -> list[str]:
    """Return what is wrong with some settings, a line each.

    Args:
        params: Any settings.
        needs: Keys, or the first parts of keys; what is not below one of them is not looked at.
    """
    needed, missing = dict[str, Any](), list[str]()
    for key in needs:
        *groups, last = key.split(".")
        source, target = params, needed
        for group in groups:
            source, target = _below(source, group), target.setdefault(group, {})
        if last in source:
            target[last] = source[last]
        else:
            missing.append(f"{key}: missing")
    allowed = {key: found for key, found in ALLOWED.items() if any(_is_below(key, need) for need in needs)}
    return missing or find_faults(needed, allowed)


def _below(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, Mapping) else {}


def _is_below(key: str, need: str) -> bool:
    """Return whether a key of `ALLOWED` is ``need``, is below it, or may be with a wildcard."""
    return f"{key}.".startswith(f"{need}.") or "*" in key


def check_settings(params: Mapping[str, Any]) -> None:
    """Raise unless every setting is allowed.

    Args:
        params: params.yaml, with the overrides of a command.

    Raises:
        ValueError: With a line for each fault, and where a setting is changed.
    """
    if faults := find_faults(params, ALLOWED, RELATIONS):
        raise ValueError(
            "settings that cannot be used:\n  " + "\n  ".join(faults) + "\nCorrect -S or the override that set them, or"
            " the file of conf/ that is named after the first part of the key (docs/researcher.md)."
        )
