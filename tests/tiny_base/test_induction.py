import pytest
import torch

from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.architecture import make_model
from proguard.tiny_base.tokenizer import train_tokenizer

TOKENIZER = train_tokenizer(load_taxonomy("data/taxonomy.yaml"), vocab_size=4000)


TEXT = "Financial Fraud C6S1\nIllegal Trade C4S2\nWeapons C3S3"


@torch.no_grad()
def attend(text, *, seed):
    """Return the attention of a fresh model, by layer: (1, heads, tokens, tokens)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make_model(TOKENIZER, hidden_size=128, n_layers=2, vision_size=32, vision_depth=1)
    model.set_attn_implementation("eager")
    return model.eval()(**TOKENIZER(text, return_tensors="pt"), output_attentions=True).attentions


@pytest.mark.parametrize("head", [0, 1])
def test_install_induction_first_layer_looks_back(head):
    attention = attend(TEXT, seed=0)[0][0, head]
    assert all(attention[i].argmax() == i - head - 1 for i in range(head + 1, len(attention)))


def test_install_induction_second_layer_finds_what_followed():
    # " Fraud" is token 1 and the last; what followed it the first time, " C6S1", is token 2. Before training, random
    # embeddings hide it from a single model.
    attention = torch.stack([attend(TEXT + "\nFinancial Fraud", seed=seed)[1][0, 0, -1] for seed in range(8)])
    assert attention.mean(0).argmax() == 2
