import pytest
import torch

from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.architecture import make_model
from proguard.tiny_base.tokenizer import train_tokenizer

TOKENIZER = train_tokenizer(load_taxonomy("data/taxonomy.yaml"), vocab_size=4000)


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        fresh = make_model(TOKENIZER, hidden_size=128, n_layers=2, vision_size=32, vision_depth=1)
    fresh.set_attn_implementation("eager")
    return fresh.eval()


@torch.no_grad()
def attend(model, text):
    return model(**TOKENIZER(text, return_tensors="pt"), output_attentions=True).attentions


@pytest.mark.parametrize("head", [0, 1])
def test_install_induction_first_layer_looks_back(model, head):
    attention = attend(model, "Financial Fraud C6S1\nIllegal Trade C4S2\nWeapons C3S3")[0][0, head]
    assert all(attention[i].argmax() == i - head - 1 for i in range(head + 1, len(attention)))


def test_install_induction_second_layer_finds_what_followed(model):
    # " Fraud" is token 1 and the last; what followed it the first time, " C6S1", is token 2.
    text = "Financial Fraud C6S1\nIllegal Trade C4S2\nWeapons C3S3\nFinancial Fraud"
    attention = attend(model, text)[1][0, 0, -1]
    assert attention.argmax() == 2
