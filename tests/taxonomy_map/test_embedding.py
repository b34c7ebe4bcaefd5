from random import Random

import numpy as np
import pytest

from proguard.mini_world.world import draw_scenes
from proguard.naming import NameBank
from proguard.storage.files import write_table
from proguard.taxonomy_map import embedding
from proguard.taxonomy_map.annotate import decide_all, votes_table
from proguard.taxonomy_map.embedding import measure_nearness, vote_by_embedding
from proguard.taxonomy_map.label_map import Meaning, load_label_maps
from proguard.taxonomy_map.question import ask
from proguard.taxonomy_map.vote import Rule
from tests.outcomes import MINILM
from tests.taxonomy_map.banks import make_bank
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy
from tools.closure import ROOT

BANK = make_bank({"racy wink": {"C3S3": 0.6, "C11S2": 0.4, "C7S1": 0.3}, "odd wink": {"C11S2": 0.4001, "C7S1": 0.4}})


def vote(*candidates, text="racy wink", may_be_none=False, threshold=0.25):
    question = make_question(text, Meaning(candidates, may_be_none))
    votes = vote_by_embedding([question], bank=BANK, threshold=threshold, name="near")
    return [v.category for v in votes]


@pytest.mark.parametrize(
    ("candidates", "may_be_none", "expected"),
    [
        (("C11S2", "C7S1"), False, ["C11S2"]),  # the nearer of the two, although C3S3 is nearer than both
        (("C11S2",), False, ["C3S3"]),  # the label fixes C11S2: the annotator says what it thinks all the same
        (("C11S2",), True, []),  # C3S3 is nearer, so this has no home
        (("C3S3",), True, ["C3S3"]),
        ((), True, []),
    ],
)
def test_vote_by_embedding_chooses_among_the_candidates(candidates, may_be_none, expected):
    assert vote(*candidates, may_be_none=may_be_none) == expected


def test_vote_by_embedding_below_the_threshold_abstains():
    assert vote("C11S2", "C7S1", threshold=0.41) == []


def test_vote_by_embedding_without_text_abstains():
    assert vote("C11S2", text=None) == []


def test_measure_nearness_is_the_mean_cosine_with_the_bank():
    nearness = measure_nearness(["racy wink"], ["C7S1", "C3S3"], BANK)
    assert nearness["racy wink"].tolist() == [0.3, 0.6]


def test_vote_by_embedding_nearly_equal_categories_abstains():
    assert vote("C11S2", "C7S1", text="odd wink") == []


def test_votes_and_decisions_do_not_depend_on_the_last_digits_of_an_embedding(tmp_path, monkeypatch):
    bank, scenes = NameBank(taxonomy(), MINILM), draw_scenes(n=300, split="train", modality="text", rng=Random(5))
    label_maps = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())
    samples = list({scene.sample.id: scene.sample for scene in scenes}.values())
    questions = ask(samples, label_maps=label_maps, taxonomy=taxonomy(), carrier_images=5, annotation_texts={})
    exact, written = measure_nearness, []
    for noise in (0.0, 1e-5, -1e-5):

        def perturbed(*args, noise=noise):
            rng = np.random.default_rng(1)
            return {text: cos + noise * rng.uniform(0.5, 1, cos.shape) for text, cos in exact(*args).items()}

        monkeypatch.setattr(embedding, "measure_nearness", perturbed)
        votes = list(vote_by_embedding(questions, bank=bank, threshold=0.25, name="embedding"))
        decisions = decide_all(questions, votes, Rule("majority", min_votes=1), taxonomy())
        write_table(votes_table(votes), tmp_path / "votes.parquet")
        written.append(((tmp_path / "votes.parquet").read_bytes(), decisions))
    assert len(votes) > 50
    assert written[0] == written[1] == written[2]
