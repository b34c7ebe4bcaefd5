"""A guard of each family through the stages guards and predict: on a server, on a tiny model, on recorded answers."""

import shutil

import pytest
from omegaconf import OmegaConf

from proguard.guard_entries import texts
from proguard.readings.table import read_predictions
from tests.fake_endpoint import first_tokens, serve
from tests.guards.every_guard import STAND_IN, load_entry
from tests.stages.guard_world import predict_with
from tests.tiny_models import build_llama
from tools.closure import ROOT

pytestmark = pytest.mark.slow

LABELS = {"safe": 0.25, "unsafe": 0.75}
FLAGGED = {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.75}}
ANSWERS = {
    "chat_model": "<think>\nx\n</think>\n<answer>\nRequest:unsafe\nResponse:unsafe\nCategory:C7S1\n</answer>",
    "proguard_7b_released": "<answer>\nRequest: unsafe\nResponse: unsafe\nCategory: C7S1\n</answer>",
    "gpt_oss_safeguard_20b": "<answer>\nRequest: unsafe\nResponse: unsafe\nCategory: C7S1\n</answer>",
    "llama_guard_4": {"text": "\n\nunsafe\nS10", "logprobs": first_tokens({"\n\n": 0.9}, LABELS)},
    "md_judge_v0_1": "unsafe\nO1",
    "wildguard": "Harmful request: yes\nResponse refusal: no\nHarmful response: yes",
    "qwen3guard_gen_4b": "Safety: Unsafe\nCategories: Violent",
    "poly_guard_qwen": "Harmful request: yes\nHarmful response: yes\nViolated policies: S10",
    "nemotron_reasoning_4b": "Prompt harm: harmful\nResponse Harm: harmful",
    "shieldgemma_9b": {"text": "Yes", "logprobs": first_tokens({"Yes": 0.75, "No": 0.25})},
    "granite_guardian_3_3": "<score> yes </score>",
    "nemotron_safety_v3": '{"User Safety": "unsafe", "Response Safety": "unsafe", "Safety Categories": "Violence"}',
    "llavaguard_7b": '{"rating": "Unsafe", "category": "O1: Hate"}',
    "guard_reasoner_8b": "Answers: \nRequest: harmful\nCompletion: compliance\nResponse: harmful",
    "guard_reasoner_vl_7b": "<result>\nRequest: harmful\nResponse: harmful\n</result>",
    "dyna_guard_8b": "FAIL\n</answer>",
    "md_judge_v0_2": "[RESULT]: unsafe, score 4\n[UNSAFE CATEGORY]: O1",
    "omni_moderation": FLAGGED,
}
"""What a server answers for each guard: that all is unsafe."""


@pytest.fixture
def stand_in(monkeypatch):
    """Texts that are published elsewhere, without a network."""
    found = texts.find_text
    monkeypatch.setattr(
        "proguard.guard_entries.entry.find_text",
        lambda source, where: found(source, where) if isinstance(source, str) else STAND_IN,
    )


def behind(server, name):
    """Return the settings that put a guard behind a server in place of its own source."""
    own = load_entry(name)["guards"][name].get("server") or {"model": "m"}
    settings = {**own, "url": server.url, "key_variable": None}
    return {"guards": {name: {"server": settings, "weights": None, "recorded": None}}}


def readings(path):
    return {id_: prediction.reading for id_, prediction in read_predictions(path).items()}


@pytest.mark.parametrize("name", ANSWERS)
def test_guard_behind_a_server_reads_what_it_answers(tmp_path, stand_in, name):
    with serve(lambda _: ANSWERS[name]) as server:
        path, rows = predict_with(tmp_path, name, n=4, **behind(server, name))
    scope = load_entry(name)["guards"][name]["scope"]
    found = readings(path)
    for row in rows:
        for side in ("request", "response"):
            is_due = row.sample.modality in scope["modalities"] and side in scope["sides"]
            is_due = is_due and (side == "request" or row.sample.has_response)
            read = getattr(found[row.sample.id], side)
            assert (read.status, read.label) == (("ok", "unsafe") if is_due else ("not_asked", None))
    assert server.requests
    if name in ("llama_guard_4", "shieldgemma_9b", "omni_moderation"):
        assert {r.request.score for r in found.values()} <= {0.75, None}
        assert 0.75 in {r.request.score for r in found.values()}


def test_answers_of_a_server_that_goes_down_are_not_asked_for_again(tmp_path, stand_in):
    name, n_answers = "wildguard", 5
    with serve(lambda _: ANSWERS[name], faults=iter([None] * n_answers + [401] * 100)) as server:
        changes = {"runtime": {"endpoint": {"concurrency": 1}}, **behind(server, name)}
        with pytest.raises(PermissionError, match="guards.wildguard: .*status 401"):
            predict_with(tmp_path, name, n=6, **changes)
        server.faults = iter(())
        n_before = len(server.requests)
        _, rows = predict_with(tmp_path, name, n=6, **changes)
    n_texts = sum(row.sample.modality == "text" for row in rows)
    assert len(server.requests) - n_before == n_texts - n_answers


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return build_llama(tmp_path_factory.mktemp("llama"))


@pytest.mark.parametrize("name", ["llama_guard_3_8b", "wildguard", "guard_reasoner_1b", "qwen3guard_gen_0_6b"])
def test_guard_with_weights_is_asked_through_its_own_template(tmp_path, stand_in, llama, name):
    weights = {"model": str(llama), "revision": None, "dtype": "float32"}
    changes = {"guards": {name: {"weights": weights, "decoding": {"max_new_tokens": 4, "batch_size": 4}}}}
    path, rows = predict_with(tmp_path, name, n=3, **changes)
    found = readings(path)
    assert {found[r.sample.id].was_asked for r in rows if r.sample.modality == "text"} == {True}
    assert {found[r.sample.id].was_asked for r in rows if r.sample.modality != "text"} == {False}
    if name != "guard_reasoner_1b":
        scores = [found[r.sample.id].request.score for r in rows if r.sample.modality == "text"]
        assert name != "llama_guard_3_8b" or all(0 < score < 1 for score in scores)


def test_template_of_a_vision_language_model_gets_typed_parts_and_images(tmp_path, stand_in):
    name = "llama_guard_4"
    tiny = tmp_path / "tiny"
    shutil.copytree(ROOT / "data" / "tiny_base", tiny)
    weights = {"model": str(tiny), "revision": None, "dtype": "float32"}
    changes = {"guards": {name: {"weights": weights, "decoding": {"max_new_tokens": 2}}}}
    path, rows = predict_with(tmp_path, name, n=3, **changes)
    found = readings(path)
    assert all(found[row.sample.id].was_asked for row in rows)


def test_settings_of_every_guard_compose_with_the_pipeline(tmp_path):
    from proguard.runtime.params import compose_params

    names = sorted(p.stem for p in (ROOT / "conf" / "guard").glob("*.yaml"))
    composed = compose_params(ROOT / "conf", [f"+guard=[{','.join(names)}]"])
    assert composed["predict"]["guards"] == ["base", "proguard", *names]
    assert OmegaConf.create(composed)
