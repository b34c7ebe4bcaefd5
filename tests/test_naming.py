"""Nearness of names: the published thresholds, an embedding that is itself, and no outage that looks like distance."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from proguard import naming as similarity
from proguard.naming import NameBank, is_free_name, load_embedder
from proguard.policy import Policy
from proguard.taxonomy import Node, Taxonomy
from tests.outcomes import MINILM
from tests.worlds import other_taxonomy, taxonomy
from tools.closure import ROOT


@pytest.fixture(scope="module")
def bank():
    return NameBank(taxonomy(), MINILM)


def test_similarities_of_a_name_with_itself_is_one(bank):
    node = taxonomy()["C5S1"]
    found = bank.similarities([node.name, node.synonyms[2]], "C5S1")
    assert found.shape == (2, 1 + len(node.synonyms))
    assert found[0, 0] == found[1, 3] == 1.0


def test_similarities_put_a_near_name_before_a_far_one(bank):
    near, far = bank.similarities(["Cruelty to Pets", "Tax Evasion"], "C9S2").max(axis=1)
    assert near > MINILM.max_threshold > far


def test_similarities_do_not_hang_on_the_batch(bank):
    alone = NameBank(taxonomy(), MINILM).similarities(["Flood Danger"], "C5S1")
    batch = NameBank(taxonomy(), MINILM)
    batch.embed([f"Name {i}" for i in range(40)] + ["Flood Danger"])
    assert np.array_equal(batch.similarities(["Flood Danger"], "C5S1"), alone)


def test_embed_asks_once_for_each_text(monkeypatch):
    asked = []

    class Counting:
        def encode(self, texts, **_):
            asked.extend(texts)
            return np.ones((len(texts), 2))

    monkeypatch.setattr(similarity, "load_embedder", lambda *_, **__: Counting())
    bank = NameBank(taxonomy(), MINILM)
    assert bank.embed(["b", "a", "b"]).shape == (3, 2)
    bank.embed(["a", "c"])
    assert asked == ["a", "b", "c"]


def test_hub_model_without_a_revision_raises():
    with pytest.raises(ValueError, match=r"similarity.revision: some/model needs a pinned commit"):
        load_embedder("sentence_transformers", "some/model", None)


def test_other_weights_in_the_wheel_raise(monkeypatch):
    monkeypatch.setattr(similarity, "MINILM_SHA256", "0" * 64)
    with pytest.raises(RuntimeError, match="has sha256 53aa51"):
        load_embedder.__wrapped__("minilm_wheel", "all-MiniLM-L6-v2", None)


def test_an_embedder_that_fails_is_an_error_and_not_a_distance(monkeypatch):
    def fail(*_):
        raise OSError("unreachable")

    monkeypatch.setattr(similarity, "load_embedder", fail)
    with pytest.raises(OSError, match="unreachable"):
        NameBank(taxonomy(), MINILM).similarities(["x"], "C1")


NOTHING = Policy("subcategory", ())
"""A policy that shows nothing, so that no name copies it."""


@pytest.mark.parametrize(
    "name",
    [
        "Other",
        "OTHERS.",
        "Unknown",
        "unknown risk",
        "None of the above",
        "none-of-the-above",
        "Not listed",
        "NotListed",
        "Not in the policy",
        "N/A",
        "n.a.",
        "NA",
        "Misc.",
        "Miscellaneous",
        "General risk",
        "Unspecified",
        "un-specified",
        "Uncategorised",
        "Other (unspecified) category 12",
        "Something else",
        "Other/Unknown",
        "\uff2f\uff54\uff48\uff45\uff52",
        "*** other ***",
        "unsafe content",
        "none of these",
        "Neither of the above",
        "Nothing applies",
        "No suitable category",
        "No idea",
        "idk",
        "nan",
        "out of scope",
        "out-of-distribution",
        "absent from the list",
        "not part of the list",
        "not described",
        "Unrecognised risk",
        "Additional category",
        "Otherwise",
        "blank",
        "inappropriate content",
        "policy breach",
        "otherrisk",
        "\u5176\u4ed6",
        "andere",
        "autre",
    ],
)
def test_is_free_name_refuses_words_that_name_nothing(name):
    assert not is_free_name(name, NOTHING, taxonomy())


@pytest.mark.parametrize(
    "name",
    [
        "Unknown Substances",
        "Other People's Mail",
        "Policy Evasion",
        "General Strike Call",
        "Data Breach",
        "Missing Person",
    ],
)
def test_is_free_name_takes_such_a_word_in_a_name(name):
    assert is_free_name(name, NOTHING, taxonomy())


GENERAL = """
    bad dangerous illegal immoral sensitive unacceptable undesirable unethical unlawful appalling concerning contentious
    deplorable distasteful dubious egregious heinous illegitimate ill-advised irresponsible law-breaking malicious
    misaligned nasty non-compliant outrageous policy-violating reprehensible shady sinister terrible unaligned
    unapproved unsavory unsavoury unwise vile wicked
"""
SUBJECTS = """
    content activities behaviour behavior request topic practice use issue outputs enquiries misdeeds
    operation outcome remarks scheme statements texts theme
"""


@pytest.mark.parametrize("adjective", GENERAL.split())
def test_is_free_name_refuses_words_that_fit_any_risk(adjective):
    pairs = [(adjective, subject) for subject in SUBJECTS.split()]
    names = [form for a, s in pairs for form in (f"{a} {s}", f"{a}-{s} 2", f"{a.title()}{s.title()}")]
    assert [name for name in names if is_free_name(name, NOTHING, taxonomy())] == []


@pytest.mark.parametrize(
    "name",
    [
        "Harm to Society",
        "Against the Law",
        "Content that could cause damage",
        "Violates the Rules",
        "Illegality",
        "someone may be harmed",
        "Legal Issue",
        "Public Harm",
        "Online Harm",
        "public safety threat",
        "trigger warning",
        "Life",
        "Immorality",
        "negative influence",
        "disturbing material",
        "T\u00f6pic",
        "H\u0301arm",
    ],
)
def test_is_free_name_refuses_a_sentence_of_such_words(name):
    assert not is_free_name(name, NOTHING, taxonomy())


def test_is_free_name_takes_general_words_where_the_taxonomy_calls_a_category_so():
    assert is_free_name("Harmful Acts", NOTHING, taxonomy())
    without = Taxonomy(tuple(replace(node, synonyms=()) for node in taxonomy()))
    assert not is_free_name("Harmful Acts", NOTHING, without)


@pytest.mark.parametrize(
    "name",
    ["Illegal Drugs", "False Information", "Hazardous Material", "Harm to Minors", "Unauthorized Access", "Crime"],
)
def test_is_free_name_takes_a_general_word_in_a_name(name):
    assert is_free_name(name, NOTHING, taxonomy())


def test_is_free_name_takes_every_name_that_calibration_pairs_with_a_category():
    pairs = yaml.safe_load((ROOT / "proguard" / "lab" / "pairs.yaml").read_text(encoding="utf-8"))
    names = [name for given in pairs["right"].values() for name in given]
    assert [name for name in names if not is_free_name(name, NOTHING, taxonomy())] == []


def test_is_free_name_takes_every_name_of_the_taxonomy():
    names = [name for node in taxonomy() for name in (node.name, *node.synonyms)]
    assert [name for name in names if not is_free_name(name, NOTHING, taxonomy())] == []


@pytest.mark.parametrize("name", ["max_threshold", "mean_threshold", "name_floor"])
@pytest.mark.parametrize("value", [1.0, -0.1, float("nan"), "high", True, None])
def test_threshold_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"similarity.{name}: expected a number in \[0, 1\), found"):
        replace(MINILM, **{name: value})


@pytest.mark.parametrize("known", [taxonomy(), other_taxonomy()])
def test_is_free_name_refuses_the_id_of_any_category(known):
    codes = [node.code for node in known]
    policy = Policy("category", (("X1", codes[0]),))
    spellings = [form for code in codes for form in (code, code.lower(), f"Crime {code}")]
    assert [form for form in [*spellings, "X1", "x1"] if is_free_name(form, policy, known)] == []


def test_is_free_name_takes_every_name_of_a_taxonomy_whose_codes_are_words():
    nodes = [
        Node(name.lower(), name, "Says so.", ()) for name in ("Violence", "Self-Harm", "Section 230 Misuse", "R&D")
    ]
    known = Taxonomy(tuple(nodes))
    assert [node.name for node in known if not is_free_name(node.name, NOTHING, known)] == []
    assert [node.code for node in known if is_free_name(node.code, NOTHING, known)] == []
