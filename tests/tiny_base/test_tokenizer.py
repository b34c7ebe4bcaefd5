import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.mini_world.world import load_world
from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.tokenizer import train_tokenizer

TAXONOMY = load_taxonomy("data/taxonomy.yaml")
TOKENIZER = train_tokenizer(TAXONOMY, vocab_size=4000)


def encode(text):
    return TOKENIZER.encode(text, add_special_tokens=False)


@given(st.text())
def test_tokenizer_any_text_decodes_back(text):
    assert TOKENIZER.decode(encode(text), clean_up_tokenization_spaces=False) == text


@pytest.mark.parametrize("code", [node.code for node in TAXONOMY])
def test_tokenizer_id_is_one_token_at_line_start_and_after_space(code):
    assert len(encode(code)) == len(encode(f" {code}")) == 1


def test_tokenizer_each_word_of_the_world_is_one_token():
    words = [w for entry in load_world()["unsafe"].values() for w in (*entry["cues"], *entry["things"])]
    assert [w for w in words if len(encode(f" {w}")) != 1] == []


def test_tokenizer_verdict_is_short():
    # <think>\n | Financial | Fraud | C6S1 | frame | unsafe | frame | safe | frame | C6S1 | frame
    verdict = (
        "<think>\nFinancial Fraud C6S1\n</think>\n<answer>\nRequest:unsafe\nResponse:safe\nCategory:C6S1\n</answer>"
    )
    assert len(encode(verdict)) == 11


def test_tokenizer_special_tokens_are_one_token():
    assert [len(encode(t)) for t in ("<|im_start|>", "<|im_end|>", "<|image_pad|>")] == [1, 1, 1]


def test_tokenizer_trained_twice_is_the_same():
    again = train_tokenizer(TAXONOMY, vocab_size=4000)
    assert again.backend_tokenizer.to_str() == TOKENIZER.backend_tokenizer.to_str()
