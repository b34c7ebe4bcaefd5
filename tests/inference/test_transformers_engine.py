"""The transformers engine on tiny models: text alone, raw prompts, template arguments, prefill, scores."""

import pytest
import torch

from proguard.inference.engine import Mark, Query
from proguard.inference.load import load_engine
from tests.tiny_models import build_llama

CPU = {"device": "cpu", "threads": 1}
CHAT = [{"role": "user", "content": "hello there"}]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def engine(folder):
    return load_engine("transformers", folder, max_new_tokens=6, runtime=CPU)


def prompts_of(engine, queries):
    ids = engine._tokenize(queries)["input_ids"]
    return engine._tokenizer.batch_decode(ids)


@pytest.mark.parametrize("messages", [CHAT, "hello there"])
def test_prompt_has_one_first_token_with_a_template_and_without(engine, messages):
    assert prompts_of(engine, [Query(messages)])[0].count("<s>") == 1


def test_raw_prompt_gets_no_template(engine):
    assert prompts_of(engine, [Query("hello there")]) == ["<s>hello there"]


def test_template_gets_its_arguments_and_the_prefill_ends_the_prompt(engine):
    prompt = prompts_of(engine, [Query(CHAT, template={"rule": "be nice"}, prefill=" <answer>")])[0]
    assert prompt == "<s>Task: check the User\nuser: hello there\nbe nice answer: <answer>"


def test_template_that_raises_on_roles_raises(engine):
    with pytest.raises(Exception, match="roles must alternate"):
        engine.complete([Query([{"role": "assistant", "content": "hi"}])])


def test_typed_contents_reach_a_template_that_asks_for_texts_as_parts(engine):
    with pytest.raises(Exception, match="content must be a text"):
        engine.complete([Query(CHAT, typed=True)])


def test_completion_begins_with_the_prefill(engine):
    (completion,) = engine.complete([Query(CHAT, prefill="<answer>\n")])
    assert completion.text.startswith("<answer>\n")


def test_chats_and_raw_prompts_are_not_one_batch(engine):
    with pytest.raises(ValueError, match="found both"):
        engine.complete([Query(CHAT), Query("raw")])


def test_marks_change_no_completion_and_give_probabilities(engine):
    mark = Mark(("safe", "unsafe"))
    plain = engine.complete([Query(CHAT), Query([{"role": "user", "content": "bye"}])])
    marked = engine.complete([Query(CHAT, marks=(mark,)), Query([{"role": "user", "content": "bye"}], marks=(mark,))])
    assert [c.text for c in plain] == [c.text for c in marked]
    assert all(0 < sum(c.scores[0].values()) <= 1 for c in marked)
    assert [c.scores for c in plain] == [(), ()]


def test_scores_are_the_softmax_of_the_first_step(engine):
    import torch

    (completion,) = engine.complete([Query("hello", marks=(Mark(("safe", "unsafe")),))])
    with torch.inference_mode():
        logits = engine._model(**engine._tokenize([Query("hello")])).logits[0, -1]
    ids = [i for i, t in enumerate(engine._vocabulary) if t.strip() and "unsafe".startswith(t.strip())]
    assert completion.scores[0]["unsafe"] == pytest.approx(float(logits.softmax(-1)[ids].sum()), rel=1e-5)


def test_completion_of_the_most_tokens_is_cut(engine):
    assert engine.complete([Query("hello")])[0].finish == "length"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_load_engine_takes_the_dtype_that_is_asked_for_on_any_device(dtype, folder):
    engine = load_engine("transformers", folder, max_new_tokens=1, dtype=dtype, runtime=CPU)
    assert engine._model.dtype == getattr(torch, dtype)
