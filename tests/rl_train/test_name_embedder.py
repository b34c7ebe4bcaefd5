"""The actor that embeds names for all reward workers."""

import asyncio
import sys
from dataclasses import asdict

import numpy as np
import pytest
import ray

from proguard.naming import NameBank
from proguard.reward.config import STRICT
from proguard.reward.score import reference_verdict, score
from proguard.rl_train import name_embedder
from proguard.rl_train.config import Machines
from proguard.rl_train.name_embedder import NameEmbedder, SharedEncoder
from proguard.rl_train.reward_function import compute_score
from proguard.rl_train.rows import truth_to_json
from proguard.runtime.cluster import ray_folder
from proguard.verdict import render
from tests.outcomes import MINILM
from tests.worlds import draw_rows, taxonomy
from tools.closure import ROOT


@pytest.fixture
def asked(monkeypatch):
    """Replace the embedding by the length of a text, and return what it was asked."""
    batches = []

    def encode(texts, config, *, device):
        batches.append((list(texts), device))
        if "bad" in texts:
            raise RuntimeError("no such model")
        return np.array([[float(len(text))] for text in texts])

    monkeypatch.setattr(name_embedder, "encode_texts", encode)
    return batches


def ask(*questions):
    async def every():
        embedder = NameEmbedder(MINILM, "cpu")
        first = await asyncio.gather(*map(embedder.embed, questions), return_exceptions=True)
        return first, await asyncio.gather(*map(embedder.embed, questions), return_exceptions=True)

    return asyncio.run(every())


def test_questions_that_arrive_together_are_embedded_in_one_batch_and_once(asked):
    first, second = ask(["b", "aa"], ["aa", "ccc"], ["aa"])
    assert asked == [(["aa", "b", "ccc"], "cpu")]
    assert [vectors.tolist() for vectors in first] == [[[1.0], [2.0]], [[2.0], [3.0]], [[2.0]]]
    assert [vectors.tolist() for vectors in second] == [vectors.tolist() for vectors in first]


def test_failure_reaches_every_question_of_its_batch_and_is_not_remembered(asked):
    first, second = ask(["bad"], ["good"])
    assert [str(error) for error in first] == ["no such model"] * 2
    assert str(second[0]) == "no such model"
    assert len(asked) == 2


def test_actor_that_gives_no_answer_is_asked_again_and_then_an_error(monkeypatch):
    waits = []

    def get(_, timeout):
        waits.append(timeout)
        raise ray.exceptions.GetTimeoutError("late")

    monkeypatch.setattr(ray, "get", get)
    encoder = object.__new__(SharedEncoder)
    encoder._actor = type("Actor", (), {"embed": type("Embed", (), {"remote": staticmethod(list)})})
    with pytest.raises(TimeoutError, match=r"gave no answer for 900 s; .* set runtime.rl.embedder_gpus: 0"):
        encoder(["x"])
    assert len(waits) == name_embedder.ATTEMPTS


def score_in_worker(texts, targets):
    async def every():
        extra = {"taxonomy": str(ROOT / "data" / "taxonomy.yaml"), "similarity": asdict(MINILM), "embedder_gpus": 0.0}
        extra |= {"reward": asdict(STRICT), "failures": "/dev/null"}
        return await asyncio.gather(*(compute_score("", t, g, **extra) for t, g in zip(texts, targets, strict=True)))

    rewards = asyncio.run(every())
    return [r["score"] for r in rewards], "sentence_transformers" in sys.modules


@pytest.mark.slow
def test_workers_share_the_actor_load_no_embedding_and_score_as_one_process_does():
    rows, _ = draw_rows(60)
    names = ["Cruelty to Pets", "Fake Story", "harmful content"]
    completions = [
        render(reference_verdict(row.target, taxonomy()) if i % 2 else _named(row.target, names[i % 3]))
        for i, row in enumerate(rows)
    ]
    expected = score(completions, [row.target for row in rows], NameBank(taxonomy(), MINILM), STRICT)
    targets = [truth_to_json(row) for row in rows]
    with ray_folder() as folder:
        ray.init("local", num_cpus=3, include_dashboard=False, _temp_dir=folder)
        try:
            work = ray.remote(num_cpus=1)(score_in_worker)
            parts = ray.get([work.remote(completions[i::3], targets[i::3]) for i in range(3)], timeout=300)
        finally:
            ray.shutdown()
    assert [loaded for _, loaded in parts] == [False] * 3
    for i, (scores, _) in enumerate(parts):
        assert scores == [reward.total for reward in expected[i::3]]


def _named(target, name):
    verdict = reference_verdict(target, taxonomy())
    return type(verdict)(verdict.request, verdict.response, name if verdict.category else None, "r")


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_gpu_share_out_of_range_is_refused_by_name(share):
    with pytest.raises(ValueError, match=r"runtime.rl.embedder_gpus: expected null or a number in \[0, 1\], found"):
        Machines(n_gpus_per_node=1, nnodes=1, ray_address=None, stall_seconds=1, embedder_gpus=share)
