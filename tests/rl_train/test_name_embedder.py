"""The actor that embeds names for all reward workers."""

import asyncio
import sys
import threading
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
from proguard.runtime.params import compose_params
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


def ask_while_embedding(monkeypatch, asked, first, second):
    """Ask ``second`` while the texts of ``first`` are in the embedding, then ``first`` again; return the answers."""
    encode = name_embedder.encode_texts
    started, may_end = threading.Event(), threading.Event()

    def encode_slowly(texts, config, *, device):
        started.set()
        assert may_end.wait(10)
        return encode(texts, config, device=device)

    monkeypatch.setattr(name_embedder, "encode_texts", encode_slowly)

    async def every():
        embedder = NameEmbedder(MINILM, "cpu")
        calls = [asyncio.ensure_future(embedder.embed(first))]
        assert await asyncio.to_thread(started.wait, 10)
        calls.append(asyncio.ensure_future(embedder.embed(second)))
        # The second question has gathered its batch, if it has one, before the first one's ends.
        await asyncio.sleep(5 * name_embedder.GATHER_SECONDS)
        may_end.set()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        return [*answers, *await asyncio.gather(embedder.embed(first), return_exceptions=True)]

    return asyncio.run(every())


def test_text_that_is_being_embedded_is_not_embedded_again_for_a_later_question(monkeypatch, asked):
    answers = ask_while_embedding(monkeypatch, asked, ["b", "aa"], ["aa", "ccc"])
    assert [texts for texts, _ in asked] == [["aa", "b"], ["ccc"]]
    assert [vectors.tolist() for vectors in answers] == [[[1.0], [2.0]], [[2.0], [3.0]], [[1.0], [2.0]]]


def test_embedding_that_fails_is_an_error_of_both_questions_and_is_tried_again(monkeypatch, asked):
    answers = ask_while_embedding(monkeypatch, asked, ["bad", "b"], ["b"])
    assert [str(error) for error in answers] == ["no such model"] * 3
    assert [texts for texts, _ in asked] == [["b", "bad"]] * 2


def test_actor_without_an_answer_is_reported_before_the_run_counts_as_hung():
    stall = compose_params(ROOT / "conf")["runtime"]["rl"]["stall_seconds"]
    waited = name_embedder.ATTEMPTS * name_embedder.ANSWER_SECONDS
    assert waited <= stall / 2


def test_actor_that_gives_no_answer_is_asked_again_and_then_an_error(monkeypatch):
    waits = []

    def get(_, timeout):
        waits.append(timeout)
        raise ray.exceptions.GetTimeoutError("late")

    monkeypatch.setattr(ray, "get", get)
    encoder = object.__new__(SharedEncoder)
    encoder._actor = type("Actor", (), {"embed": type("Embed", (), {"remote": staticmethod(list)})})
    with pytest.raises(TimeoutError, match=r"gave no answer for 360 s; .* set runtime.rl.embedder_gpus: 0"):
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
