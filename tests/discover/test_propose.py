"""Proposals from clusters, and their way through the reader of policies."""

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from proguard.discover.entries import write_policy
from proguard.discover.given import Given
from proguard.discover.propose import Proposal, describe, propose
from proguard.moderate.policy_file import read_policy
from tests.discover.vectors import VECTORS, encoder
from tests.worlds import taxonomy


def rows(**counts):
    return [Given(f"{name}-{i:02}", name) for name, n in counts.items() for i in range(n)]


GIVEN = rows(**{"Illegal Trade": 4, "Smuggling": 2, "Phishing": 5, "Gossip": 1})


def discover(given=GIVEN, **settings):
    return propose(given, encoder(VECTORS), **{"min_support": 3, "same_from": 0.65, **settings})


def test_proposals_are_ranked_by_support_and_keep_names_and_examples():
    trade, phishing = discover().proposals
    assert (trade.id, trade.name, trade.support, trade.synonyms) == ("X1", "Illegal Trade", 6, ("Smuggling",))
    assert trade.examples == (*(f"Illegal Trade-{i:02}" for i in range(4)), "Smuggling-00")
    assert trade.description == "Content whose risk is Illegal Trade, also called Smuggling."
    assert (phishing.id, phishing.description) == ("X2", "Content whose risk is Phishing.")


def test_counts_tell_what_was_named_and_what_is_in_a_proposal():
    found = discover()
    assert (found.named, found.distinct, found.covered) == (12, 4, 11)


def test_order_of_rows_has_no_influence():
    assert discover(GIVEN[::-1]) == discover()


def test_ids_that_are_taken_are_left_out_in_any_case():
    assert [p.id for p in discover(taken=["x1", "X3"]).proposals] == ["X2", "X4"]


def test_description_holds_no_more_than_three_other_names():
    assert describe("A", ["B", "C", "D", "E"]) == "Content whose risk is A, also called B, C, D."


@pytest.mark.parametrize("listed", [[], ["C7S2", {"id": "own", "name": "No", "description": "12"}]])
def test_policy_file_is_read_back_with_every_proposal(tmp_path, listed):
    proposals = discover().proposals
    write_policy(listed, proposals, tmp_path / "policy.yaml")
    policy = read_policy(tmp_path / "policy.yaml", taxonomy(), max_categories=10)
    assert list(policy.names) == [*(e if isinstance(e, str) else e["id"] for e in listed), "X1", "X2"]
    nodes = [policy.taxonomy[code] for _, code in policy.shown[len(listed) :]]
    assert [(n.name, n.description) for n in nodes] == [(p.name, p.description) for p in proposals]


@over(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip))
def test_any_name_comes_back_from_the_policy_file(tmp_path_factory, name):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    write_policy([], [Proposal("X1", name, describe(name, []), (name,), (name,), 3, ("1", "no"))], path)
    try:
        policy = read_policy(path, taxonomy(), max_categories=10)
    except ValueError as error:  # A name of characters that do not show.
        assert "name is empty" in str(error)
    else:
        assert policy.names == {"X1": name}


@pytest.mark.parametrize("name", ["No", "~", "12", "1.10", "2024-01-01", "=", "<<", "a: b", "- a", "# a", "'", '"'])
def test_name_that_yaml_takes_for_something_else_is_quoted(tmp_path, name):
    write_policy([], [Proposal("X1", name, name, (name,), (name,), 3, (name,))], tmp_path / "p.yaml")
    assert read_policy(tmp_path / "p.yaml", taxonomy(), max_categories=10).names == {"X1": name}
