import random

import pytest
import torch

from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.architecture import make_model, make_processor
from proguard.tiny_base.curriculum import Curriculum
from proguard.tiny_base.teacher import SKILLED
from proguard.tiny_base.tokenizer import train_tokenizer
from proguard.tiny_base.warm_start import Optimisation, warm_start

pytestmark = pytest.mark.slow

TAXONOMY = load_taxonomy("data/taxonomy.yaml")


def curriculum(**changes):
    shares = {"skilled_until": 1.0, "recital_share": 0.0, "description_share": 0.0, "naming_share": 0.0}
    return Curriculum(TAXONOMY, SKILLED, **{**shares, **changes})


def test_warm_start_learns_to_look_ids_up():
    processor = make_processor(train_tokenizer(TAXONOMY, vocab_size=4000))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = make_model(processor.tokenizer, hidden_size=128, n_layers=2, vision_size=32, vision_depth=1)
    recite = curriculum(recital_share=1.0)
    losses = warm_start(model, processor, recite, Optimisation(8, 8, 2e-3), rng=random.Random(0))
    assert len(losses) == 8
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("share", "first_line"),
    [("recital_share", "list"), ("description_share", "describe"), ("naming_share", "names")],
)
def test_curriculum_draw_before_habits_gives_the_lesson_of_its_share(share, first_line):
    lesson = curriculum(**{share: 1.0}).draw(0.5, random.Random(0))
    assert lesson.messages[0]["content"].splitlines()[0] == first_line


def test_curriculum_draw_after_habits_moderates_only():
    lesson = curriculum(recital_share=1.0, skilled_until=0.5).draw(0.5, random.Random(0))
    assert lesson.messages[0]["content"].startswith("check ")
