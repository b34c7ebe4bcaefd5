import pytest

from proguard.taxonomy_map.embedding import measure_nearness, vote_by_embedding
from proguard.taxonomy_map.label_map import Meaning
from tests.taxonomy_map.banks import make_bank
from tests.taxonomy_map.questions import make_question

BANK = make_bank({"racy wink": {"C3S3": 0.6, "C11S2": 0.4, "C7S1": 0.3}})


def vote(*candidates, text="racy wink", may_be_none=False, threshold=0.25):
    question = make_question(text, Meaning(candidates, may_be_none))
    votes = vote_by_embedding([question], bank=BANK, threshold=threshold, name="near")
    return [(v.category, v.score) for v in votes]


@pytest.mark.parametrize(
    ("candidates", "may_be_none", "expected"),
    [
        (("C11S2", "C7S1"), False, [("C11S2", 0.4)]),  # the nearer of the two, although C3S3 is nearer than both
        (("C11S2",), False, [("C3S3", 0.6)]),  # the label fixes C11S2: the annotator says what it thinks all the same
        (("C11S2",), True, []),  # C3S3 is nearer, so this has no home
        (("C3S3",), True, [("C3S3", 0.6)]),
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
