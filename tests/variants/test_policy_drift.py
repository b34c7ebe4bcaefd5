"""Edits of a policy: what moves, what stays, and that the gold category follows."""

import random
from dataclasses import replace

import pytest

from proguard.policy import OOD, Policy
from proguard.prompt import PromptFormat, render_prompt
from proguard.row import make_row
from proguard.sample import make_sample
from proguard.variant import reword
from proguard.variants.policy_drift import DRIFTS, lose, lose_another, merge, paraphrase, rename, renumber, reorder
from tests.worlds import draw_rows, taxonomy

POLICY = Policy("subcategory", (("C1S1", "C7S2"), ("C1S2", "C8S1"), ("C1S3", "C9S2"), ("C2S1", "C4S1")), ("C5S1",))


def make(category="C8S1", policy=POLICY):
    label = "safe" if category is None else "unsafe"
    sample = make_sample(source="s", modality="text", request="r", request_label=label, category=category)
    return make_row(sample, policy, "free" if category is None else "shown", taxonomy())


def apply(change, row, seed=0):
    """Return the row after a change, and the taxonomy that it is shown in."""
    drifted = change(row, taxonomy(), random.Random(seed))
    own = reword(taxonomy(), drifted.nodes)
    sample = replace(row.sample, category=drifted.category or row.sample.category)
    return make_row(sample, drifted.policy, drifted.role or row.role, own), own


@pytest.mark.parametrize("seed", range(20))
def test_reorder_moves_entries_and_keeps_ids(seed):
    row, _ = apply(reorder, make(), seed)
    assert row.policy.shown != POLICY.shown
    assert set(row.policy.shown) == set(POLICY.shown)
    assert row.target.gold == "C1S2"


@pytest.mark.parametrize("seed", range(20))
def test_renumber_gives_every_entry_the_id_of_another(seed):
    row, _ = apply(renumber, make(), seed)
    assert sorted(row.policy.ids) == sorted(POLICY.ids)
    assert [code for _, code in row.policy.shown] == [code for _, code in POLICY.shown]
    assert not set(row.policy.shown) & set(POLICY.shown)
    assert row.target.gold == row.policy.id_of("C8S1") != "C1S2"


def test_rename_uses_a_synonym_and_keeps_the_description():
    row, own = apply(rename, make())
    old, new = taxonomy()["C8S1"], own["C8S1"]
    assert new.name in old.synonyms
    assert new.description == old.description
    assert set(new.synonyms) == {old.name, *old.synonyms}
    assert (row.policy, row.target.gold) == (POLICY, "C1S2")
    assert own["C2S2"] == taxonomy()["C2S2"]


def test_paraphrase_rewords_name_and_description():
    _, own = apply(paraphrase, make())
    old, new = taxonomy()["C8S1"], own["C8S1"]
    first, second = new.name.split(" or ")
    assert {first, second} <= set(old.synonyms)
    rest = [s for s in old.synonyms if s not in (first, second)]
    assert new.description == f"Covers {', '.join(rest)}."


@pytest.mark.parametrize("seed", range(10))
def test_merge_takes_the_gold_category_in_and_follows_it(seed):
    row, own = apply(merge, make(), seed)
    merged = row.sample.category
    assert "C8S1" in merged.split(" + ")
    assert row.target.gold == row.policy.id_of(merged)
    assert row.target.gold in POLICY.ids
    assert len(row.policy.shown) == 3
    assert taxonomy()["C8S1"].name in own[merged].name


def test_merge_keeps_either_id_and_puts_either_name_first():
    found = set()
    for seed in range(40):
        row, own = apply(merge, make(), seed)
        is_first = own[row.sample.category].name.startswith(taxonomy()["C8S1"].name)
        found.add((row.target.gold == "C1S2", is_first))
    assert len(found) == 4


@pytest.mark.parametrize("category", [None, "C5S1"])
def test_merge_leaves_the_gold_category_of_other_rows(category):
    row, _ = apply(merge, make(category))
    assert row.sample.category == category
    assert row.target.gold == (None if category is None else OOD)


def test_lose_makes_the_risk_unlisted():
    row, _ = apply(lose, make())
    assert (row.target.gold, row.role) == (OOD, "hidden")
    assert "C8S1" in row.policy.hidden
    assert row.policy.shown == tuple(entry for entry in POLICY.shown if entry[1] != "C8S1")


@pytest.mark.parametrize("category", [None, "C5S1"])
def test_lose_is_for_listed_risks(category):
    assert lose(make(category), taxonomy(), random.Random(0)) is None


@pytest.mark.parametrize("seed", range(10))
def test_lose_another_keeps_the_gold_category(seed):
    row, _ = apply(lose_another, make(), seed)
    assert len(row.policy.shown) == 3
    assert (row.target.gold, row.role) == ("C1S2", "shown")


@pytest.mark.parametrize("change", [reorder, renumber, merge, lose, lose_another])
def test_policy_of_one_entry_is_left_alone(change):
    row = make(policy=Policy("subcategory", (("C1S2", "C8S1"),)))
    assert change(row, taxonomy(), random.Random(0)) is None


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_makes_a_prompt_of_every_modality_and_level(name):
    rows, _ = draw_rows(30)
    for row in rows:
        if DRIFTS[name](row, taxonomy(), random.Random(0)) is not None:
            changed, own = apply(DRIFTS[name], row)
            old, new = (
                render_prompt(r.sample, r.policy, t, PromptFormat("compact"))
                for r, t in ((row, taxonomy()), (changed, own))
            )
            assert old[0] != new[0]
            assert old[1] == new[1]
