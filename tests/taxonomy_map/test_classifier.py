from collections import Counter
from random import Random

import numpy as np
import pytest
import yaml

from proguard.mini_world.world import draw_scenes
from proguard.naming import NameBank
from proguard.taxonomy_map.classifier import (
    LEAD_STEP,
    Classifier,
    find_min_lead,
    fit_classifier,
    load_phrases,
    vote_by_classifier,
)
from proguard.taxonomy_map.label_map import Meaning
from tests.outcomes import MINILM
from tests.taxonomy_map.banks import make_bank
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy
from tools.closure import ROOT

PHRASES = ROOT / "data" / "annotator_phrases.yaml"
WINKS = {"racy wink": {"C3S3": 0.6, "C11S2": 0.4, "C7S1": 0.1}, "odd wink": {"C11S2": 0.4, "C7S1": 0.4001}}
BANK = make_bank(WINKS)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return fit_classifier({}, bank=BANK, precision=0.9)


def vote(classifier, *candidates, text="racy wink", may_be_none=False):
    question = make_question(text, Meaning(candidates, may_be_none))
    votes = vote_by_classifier([question], classifier=classifier, bank=BANK, name="linear")
    return [v.category for v in votes]


@pytest.mark.parametrize(
    ("candidates", "may_be_none", "expected"),
    [
        (("C11S2", "C7S1"), False, ["C11S2"]),  # the better of the two, although C3S3 is better than both
        (("C11S2",), False, ["C3S3"]),  # the label fixes C11S2: the annotator says what it thinks all the same
        (("C11S2",), True, []),  # C3S3 is better, so this has no home
        (("C3S3",), True, ["C3S3"]),
        (("C3", "C7"), False, ["C3"]),  # a label may stop at categories
        (("C3",), False, ["C3"]),
        (("C7",), False, ["C3S3"]),
        ((), True, []),
    ],
)
def test_vote_by_classifier_chooses_among_the_candidates(classifier, candidates, may_be_none, expected):
    assert vote(classifier, *candidates, may_be_none=may_be_none) == expected


def test_vote_by_classifier_without_a_lead_or_a_text_abstains(classifier):
    assert vote(classifier, "C11S2", "C7S1", text="odd wink") == []
    assert vote(classifier, "C11S2", "C7S1", text=None) == []


@pytest.mark.parametrize(("precision", "expected"), [(0.5, 1), (0.75, 11), (1.0, 21)])
def test_find_min_lead_is_the_shortest_that_is_right_often_enough(precision, expected):
    # Leads 2, 1, 0.5 and 0.25; the second and the last are wrong.
    scores = np.array([[2, 0], [1, 0], [0.5, 0], [0.25, 0]], dtype=float)
    gold = np.array([0, 1, 0, 1])
    if precision == 0.75:
        gold = np.array([0, 0, 1, 1])
    assert find_min_lead(scores, gold, precision=precision) == pytest.approx(expected * LEAD_STEP)


def test_find_min_lead_that_is_never_right_names_the_key():
    with pytest.raises(ValueError, match=r"precision: 0\.9 is not reached .*lower it"):
        find_min_lead(np.array([[1.0, 0.0]]), np.array([1]), precision=0.9)


def test_load_phrases_of_the_project_has_requests_of_every_subcategory_once():
    phrases = load_phrases(PHRASES, taxonomy())
    assert set(phrases) == set(taxonomy().codes("subcategory"))
    assert Counter(text for texts in phrases.values() for text in texts).most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("C7S1: [a]\nC7S1: [b]", "line 2: key 'C7S1' is given twice, first in line 1"),
        ("C7S1: [No]", "line 1: YAML reads No as a truth value"),
        ("C7S1: [a, ~]", "line 1: YAML reads ~ as nothing"),
    ],
)
def test_load_phrases_with_words_of_yaml_or_codes_given_twice_is_refused(content, message, tmp_path):
    (tmp_path / "phrases.yaml").write_text(content)
    with pytest.raises(ValueError, match=message):
        load_phrases(tmp_path / "phrases.yaml", taxonomy())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "expected a list of requests per code, found list"),
        ({"C7": ["a"]}, "'C7' is not a subcategory of the taxonomy; expected some of C1S1, "),
        ({"C7S1": "a"}, "C7S1: expected a list of texts, found 'a'"),
        ({"C7S1": [" "]}, "C7S1: expected a list of texts"),
        ({"C7S1": [["a"]]}, "C7S1: expected a list of texts"),
    ],
)
def test_load_phrases_wrong_file_shows_expected_and_found(content, message, tmp_path):
    path = tmp_path / "phrases.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=message):
        load_phrases(path, taxonomy())


def test_votes_do_not_depend_on_the_last_digits_of_an_embedding():
    scenes = draw_scenes(n=200, split="train", modality="text", rng=Random(5))
    texts = sorted({scene.sample.request for scene in scenes})
    questions = [make_question(text, Meaning(taxonomy().codes("subcategory"))) for text in texts]
    phrases, bank = load_phrases(PHRASES, taxonomy()), NameBank(taxonomy(), MINILM)
    bank.embed(texts)
    exact = fit_classifier(phrases, bank=bank, precision=0.92)
    given = []
    for noise in (0.0, 1e-5, -1e-5):
        rng = np.random.default_rng(1)
        known = {t: v + noise * rng.uniform(0.5, 1, v.shape) for t, v in bank._vectors.items()}
        noisy = NameBank(taxonomy(), MINILM, _vectors=known)
        classifier = fit_classifier(phrases, bank=noisy, precision=0.92)
        assert classifier.min_lead == exact.min_lead
        given.append(list(vote_by_classifier(questions, classifier=classifier, bank=noisy, name="linear")))
    assert len(given[0]) > 20
    assert given[0] == given[1] == given[2]
