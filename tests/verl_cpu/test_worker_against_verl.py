"""The same batch through `BatchWorker` and through verl's own worker: what each puts into the queue is equal.

Both run in this process, without Ray: verl's queue is a dictionary, and its reward actor a plain object. The sampler
runs once; verl's server answers with the completion that it drew for the same tokens, image and number of the rollout.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transfer_queue
from hydra import compose, initialize_config_module
from omegaconf import DictConfig, OmegaConf
from tensordict import NonTensorData, TensorDict
from verl.experimental.reward_loop.reward_loop import RewardLoopWorker
from verl.trainer.ppo.v1.agent_loop_tq import AgentLoopWorkerTQ
from verl.utils import tensordict_utils
from verl.utils.config import omega_conf_to_dataclass
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn
from verl.workers.rollout.replica import TokenOutput

from proguard.prompt import PromptFormat
from proguard.rl_train.config import Engine, GrpoConfig, Machines, TrainingFiles
from proguard.rl_train.fit import load_limit
from proguard.rl_train.overrides import make_overrides, verl_settings
from proguard.rl_train.rows import write_verl_rows
from proguard.runtime.params import compose_params
from proguard.verl_cpu.sampler import Sampler
from proguard.verl_cpu.sampling import Completion, image_digest
from proguard.verl_cpu.worker import BatchWorker
from tests.outcomes import MINILM
from tests.worlds import draw_rows, store_images, taxonomy
from tools.closure import ROOT

N, STEP, WEIGHTS_STEP = 3, 7, 6
BASE = ROOT / "data" / "tiny_base"

LEFT_OUT = {
    *("ability", "data_source", "dummy_tensor", "extra_info", "index", "prompt", "raw_prompt"),
    *("interaction_kwargs", "tools_kwargs", "mm_processor_kwargs", "mm_processor_output"),
}
"""Columns that verl's worker puts into the queue and ours does not: nothing reads them again."""

Queue = dict[str, tuple[str, dict[str, Any], dict[str, Any]]]
"""Partition, fields and tag by key."""


class VerlWorker(AgentLoopWorkerTQ.__ray_metadata__.modified_class):
    """verl's worker; a request also says which rollout of its row it is, as the answer depends on it."""

    async def _run_agent_loop(self, sampling_params: dict[str, Any], *, session_id: int, **row: Any) -> None:
        numbered = sampling_params | {"session": session_id}
        await super()._run_agent_loop(numbered, session_id=session_id, **row)


class RecordingSampler(Sampler):
    """Keeps what it draws, by the tokens and images of the prompt and the number of the rollout."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.drawn: dict[tuple[Any, ...], Completion] = {}
        self.params: dict[str, Any] = {}

    async def generate(self, prompts: Any, *, n: int, step: int, params: Any) -> Any:
        completions, weights_step = await super().generate(prompts, n=n, step=step, params=params)
        keys = [_key(ids, images, session) for ids, images in prompts for session in range(n)]
        self.drawn |= dict(zip(keys, completions, strict=True))
        self.params = dict(params)
        return completions, weights_step


class Server:
    """Stands for verl's client of a server that samples as ``sampler`` did."""

    def __init__(self, sampler: RecordingSampler) -> None:
        self._sampler = sampler

    async def generate(
        self, *, prompt_ids: list[int], sampling_params: dict[str, Any], image_data: Any, **others: Any
    ) -> TokenOutput:
        asked = {key: sampling_params[key] for key in self._sampler.params}
        assert asked == self._sampler.params
        drawn = self._sampler.drawn[_key(prompt_ids, image_data or (), sampling_params["session"])]
        steps = dict.fromkeys(("global_steps", "min_global_steps", "max_global_steps"), self._sampler.weights_step)
        return TokenOutput(token_ids=drawn.token_ids, log_probs=drawn.log_probs, extra_fields=steps)


def _key(ids: Iterable[int], images: Iterable[Any], session: int) -> tuple[Any, ...]:
    return tuple(ids), tuple(image_digest(image) for image in images), session


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> DictConfig:
    """Settings of verl under engine=cpu, with rows of each modality on disk."""
    folder: Path = tmp_path_factory.mktemp("project")
    params = compose_params(ROOT / "conf", [])
    grpo = GrpoConfig(**params["rl_train"] | {"group_size": N})
    files = TrainingFiles(folder / "rows.parquet", BASE, folder, ROOT / "data" / "taxonomy.yaml")
    rows, images = draw_rows(12)
    write_verl_rows(
        rows,
        files.rows,
        taxonomy=taxonomy(),
        prompt=PromptFormat("compact"),
        images=store_images(images, folder / "images"),
        limit=load_limit(BASE, grpo),
    )
    kwargs = {"similarity": asdict(MINILM), "reward": params["reward"], "embedder_gpus": None}
    machines = Machines(**params["runtime"]["rl"])
    settings = verl_settings(grpo, files, reward_kwargs=kwargs, engine=Engine(**params["engine"]), machines=machines)
    with initialize_config_module("verl.trainer.config", version_base=None):
        composed = compose("ppo_trainer", overrides=[o for o in make_overrides(settings) if not o.startswith("hydra")])
    OmegaConf.resolve(composed)
    return composed


@pytest.fixture(scope="module")
def sampler(config: DictConfig) -> RecordingSampler:
    rollout = omega_conf_to_dataclass(config.actor_rollout_ref.rollout)
    made = RecordingSampler(rollout, config.actor_rollout_ref.model)
    made.weights_step = WEIGHTS_STEP
    return made


def read_batch(config: DictConfig, processor: Any, tokenizer: Any) -> TensorDict:
    """Return all rows as verl's trainer hands them to its workers."""
    dataset = RLHFDataset(config.data.train_files, tokenizer, config.data, processor)
    columns = collate_fn([dataset[i] for i in range(len(dataset))])
    columns["uid"] = np.array([f"row{i}" for i in range(len(dataset))], dtype=object)
    batch = tensordict_utils.get_tensordict(columns)
    tensordict_utils.assign_non_tensor_data(batch, "global_steps", STEP)
    return batch


def run(make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, *, is_validation: bool) -> tuple[Queue, list[Any]]:
    """Return what a worker puts into the queue, and the states of the rows in the order that it reports them."""
    queue: Queue = {}
    states: list[Any] = []

    async def put_batch(*, keys: Any, tags: Any, partition_id: str, fields: Any = None) -> None:
        for i, (key, tag) in enumerate(zip(keys, tags, strict=True)):
            if fields is None:
                states.append((key, partition_id, tag["status"]))
            else:
                queue[key] = partition_id, {name: _take(column, i) for name, column in fields.items()}, tag

    async def put(*, key: str, tag: Any, partition_id: str) -> None:
        await put_batch(keys=[key], tags=[tag], partition_id=partition_id)

    monkeypatch.setattr(transfer_queue, "init", lambda: None)
    monkeypatch.setattr(transfer_queue, "async_kv_put", put)
    monkeypatch.setattr(transfer_queue, "async_kv_batch_put", put_batch)

    async def generate() -> None:
        worker = make()
        batch = read_batch(worker.config, worker.processor, worker.tokenizer)
        if is_validation:
            batch["validate"] = NonTensorData(True)
        await worker.generate_sequences(batch)
        await asyncio.gather(*worker.background_tasks)

    asyncio.run(generate())
    return queue, states


def _take(column: Any, i: int) -> Any:
    taken = column[i]
    return taken.data if isinstance(taken, NonTensorData) else taken


def assert_equal(ours: Any, verls: Any, where: str) -> None:
    """Raise unless both are equal in type, keys, dtype, shape and bytes."""
    if isinstance(ours, torch.Tensor):
        assert (ours.dtype, ours.shape) == (verls.dtype, verls.shape), where
        assert torch.equal(ours, verls), where
    elif isinstance(ours, dict):
        assert ours.keys() == verls.keys(), where
        for key in ours:
            assert_equal(ours[key], verls[key], f"{where}.{key}")
    else:
        assert ours == verls, where


@pytest.mark.parametrize("is_validation", [False, True])
def test_batch_in_one_piece_queues_what_verls_worker_queues(config, sampler, monkeypatch, is_validation: bool):
    def make_verls() -> VerlWorker:
        scorer = RewardLoopWorker(config)
        handle = SimpleNamespace(compute_score=SimpleNamespace(remote=scorer.compute_score))
        return VerlWorker(config, Server(sampler), None, [handle])

    ours, our_states = run(
        lambda: BatchWorker(sampler, config, None, None, None), monkeypatch, is_validation=is_validation
    )
    verls, verls_states = run(make_verls, monkeypatch, is_validation=is_validation)
    assert sorted(our_states) == sorted(verls_states)
    assert {state for *_, state in our_states} == {"running", "finished"}
    assert len(ours) == 12 * (config.actor_rollout_ref.rollout.val_kwargs.n if is_validation else N)
    assert ours.keys() == verls.keys()
    for key, (partition, fields, tag) in ours.items():
        assert (partition, tag) == (verls[key][0], verls[key][2])
        # How long it took is each worker's own.
        theirs = {name: verls[key][1][name] for name in fields if name != "metrics"}
        assert_equal({name: field for name, field in fields.items() if name != "metrics"}, theirs, key)
    # The batch would show a mistake: its rewards differ, and it has each modality.
    assert len({float(fields["rm_scores"].sum()) for _, fields, _ in ours.values()}) > 1
    assert {fields["ability"] for _, fields, _ in verls.values()} == {"text", "image", "text_image"}
    images = {fields["ability"] for _, fields, _ in verls.values() if "pixel_values" in fields["multi_modal_inputs"]}
    assert images == {"image", "text_image"}
    left_out = {name for _, fields, _ in verls.values() for name in fields} - {
        n for _, f, _ in ours.values() for n in f
    }
    assert left_out == LEFT_OUT
