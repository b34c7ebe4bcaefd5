"""Every setting has a range, and a value outside of it is refused before a stage starts."""

import copy
import math
import subprocess
import sys

import pytest
from omegaconf import OmegaConf

from proguard.flatten import flatten
from proguard.runtime.allowed import ALLOWED, RELATIONS, check_settings
from proguard.runtime.ranges import find_faults
from tools.closure import ROOT

PARAMS = OmegaConf.to_container(OmegaConf.load(ROOT / "params.yaml"))
LEAVES = dict(flatten(PARAMS))
NUMBERS = sorted(key for key, value in LEAVES.items() if type(value) in (int, float) and not key.startswith("engine."))
NAMES = sorted(key for key, value in LEAVES.items() if isinstance(value, str))


def changed(key, value):
    params = copy.deepcopy(PARAMS)
    node = params
    *above, last = key.split(".")
    for part in above:
        node = node[part]
    node[last] = value
    return params


def faults(key, value):
    return find_faults(changed(key, value), ALLOWED, RELATIONS)


def test_every_number_and_name_has_a_range_of_its_own():
    assert [key for key in NUMBERS + NAMES if expected(key) == "anything" and not key.startswith("engine.verl")] == []
    assert find_faults(PARAMS, ALLOWED, RELATIONS) == []


@pytest.mark.parametrize("key", NUMBERS)
def test_number_out_of_range_is_refused_by_its_key(key):
    values = [-1, math.nan, math.inf, -math.inf, True, "many", [1], {"a": 1}]
    values += [2.5] * ("whole" in expected(key))
    for value in values:
        found = faults(key, value)
        assert found, value
        assert all(fault.startswith(key) for fault in found)


@pytest.mark.parametrize("key", NAMES)
def test_name_of_another_kind_is_refused(key):
    is_open = key.startswith("engine.verl") or "null" in expected(key)
    for value, shown in () if is_open else ((None, "null"), (3, "3"), (False, "false"), ("", "''")):
        assert faults(key, value) == [f"{key}: expected {expected(key)}, found {shown}"]


def expected(key):
    parts = key.split(".")
    candidates = (
        ".".join(["*" if i == hidden else p for i, p in enumerate(parts)]) for hidden in range(-1, len(parts))
    )
    return next((ALLOWED[candidate].text for candidate in candidates if candidate in ALLOWED), "anything")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rl_train.steps", 0, "rl_train.steps: expected a whole number of at least 1, found 0"),
        ("rl_train.lr", -1, "rl_train.lr: expected a number above 0, found -1"),
        ("rl_train.group_size", 1, "rl_train.group_size: expected a whole number of at least 2, found 1"),
        ("rl_train.mini_batch_size", 5, "rl_train.mini_batch_size: expected a divisor of rl_train.batch_size, found"),
        ("rl_train.dtype", "float16", "rl_train.dtype: expected one of float32, bfloat16, found 'float16'"),
        ("collect.max_bad_share", 1.5, "collect.max_bad_share: expected a number in [0, 1], found 1.5"),
        ("ood_split.val_share", 0.95, "ood_split.val_share: expected a sum with ood_split.test_share below 1, found"),
        ("ood_split.fold", 5, "ood_split.fold: expected null or a number below ood_split.n_folds, found"),
        ("ood_split.n_shown.category", [7, 4], "ood_split.n_shown.category: expected the fewest and the most"),
        ("ood_split.n_shown.category", [[4, 1], [8]], "ood_split.n_shown.category: expected the fewest and the most"),
        ("ood_split.levels.text", "both", "ood_split.levels.text: expected one of category, subcategory"),
        ("ood_split.test_sets.test.split", "tests", "ood_split.test_sets.test.split: expected one of train, val"),
        ("modality_balance.by", [["source"]], "modality_balance.by: expected a list of lists of columns"),
        ("modality_balance.mix.image", -5, "modality_balance.mix.image: expected a whole number of at least 0"),
        ("leakage.image_hash_distance", 65, "leakage.image_hash_distance: expected null or a whole number from 0"),
        ("evaluate.trained", "proguard2", "evaluate.trained: expected one of predict.guards, found"),
        ("evaluate.test_set", "dev", "evaluate.test_set: expected one of predict.test_sets, found"),
        ("evaluate.confidence", 95, "evaluate.confidence: expected a number in (0, 1), found 95"),
        ("predict.engine", "sglang", "predict.engine: expected one of transformers, vllm, found 'sglang'"),
        ("runtime.inference.device", "gpu", "runtime.inference.device: expected auto, cpu, cuda or cuda:<number>"),
        ("runtime.rl.ray_address", "head", "runtime.rl.ray_address: expected null or local, auto or host:port"),
        ("engine.environment.OMP_NUM_THREADS", 1, "engine.environment.OMP_NUM_THREADS: expected a text; put quotes"),
        ("collect.sources.mini_world.read.n_train", -1, "collect.sources.mini_world.read.n_train: expected a whole"),
        ("collect.sources.mini_world.licence", None, "collect.sources.mini_world.licence: expected a text"),
        ("rl_train.step", 3, "rl_train.step: no such setting; did you mean rl_train.steps?"),
        ("reward.sibling", 0.5, "reward.sibling: no such setting; did you mean reward.sibling_id?"),
        ("ood_split.sets.val.splits", "val", "ood_split.sets.val.splits: no such setting"),
    ],
)
def test_fault_names_key_expected_and_found(key, value, message):
    assert faults(key, value)[0].startswith(message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"name": "embedding", "threshold": math.nan},
            "taxonomy_map.annotators.embedding.threshold: expected a number",
        ),
        ({"name": "embedding", "threshold": "high"}, "taxonomy_map.annotators.embedding.threshold: expected a number"),
        ({"name": "q", "kind": "vllm", "batch_size": 0}, "taxonomy_map.annotators.q.batch_size: expected a whole"),
        ({"name": "q", "kind": "vllm", "dtype": "fp8"}, "taxonomy_map.annotators.q.dtype: expected one of float32"),
        ({"name": "q", "kind": "oracle"}, "taxonomy_map.annotators.q.kind: expected one of label_map"),
        ({"name": "q", "price": {"prompt": -1}}, "taxonomy_map.annotators.q.price.prompt: expected a number of at"),
        ({"name": "q", "temperature": 1}, "taxonomy_map.annotators.q.temperature: no such setting"),
    ],
)
def test_fault_of_an_annotator_names_it(settings, message):
    assert faults("taxonomy_map.annotators", [{"name": "label_map"}, settings])[0].startswith(message)


def test_missing_setting_is_named():
    params = copy.deepcopy(PARAMS)
    del params["rl_train"]["lr"]
    assert find_faults(params, ALLOWED) == ["rl_train.lr: missing, expected a number above 0"]


def test_section_that_is_no_mapping_is_named():
    assert faults("rl_train", 3)[0] == "rl_train: expected settings below it, found 3"


def test_check_settings_names_every_fault_and_what_to_do():
    params = changed("rl_train.lr", -1) | {"carriers": {"max_images": -1}}
    with pytest.raises(ValueError, match=r"(?s)carriers.max_images: .*\n  rl_train.lr: .*\nCorrect -S"):
        check_settings(params)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["collect", "leakage", "rl_train", "evaluate"])
def test_stage_ends_before_it_reads_anything(stage, tmp_path):
    done = subprocess.run(
        [sys.executable, f"stages/{stage}.py", "rl_train.lr=-1", f"paths.collected={tmp_path / 'absent'}"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{stage}: settings that cannot be used:\n  rl_train.lr: expected a number above 0, found -1" in done.stderr
    assert "Traceback" not in done.stderr
