"""Clusters of names on made vectors."""

import numpy as np
import pytest

from proguard.discover.cluster import cluster_names
from tests.discover.vectors import VECTORS, encoder

ENCODE = encoder(VECTORS)


def cluster(counts, min_support=4, same_from=0.65, encode=ENCODE):
    return cluster_names(counts, encode, min_support=min_support, same_from=same_from)


def names_of(clusters):
    return [c.names for c in clusters]


def test_names_of_one_risk_are_one_cluster_and_rare_ones_are_noise():
    counts = {"Illegal Trade": 3, "Smuggling": 1, "Black Market Trade": 3, "Phishing": 9, "Email Phishing": 1}
    clusters = cluster(counts | {"Gossip": 1, "Queue Jumping": 2})
    assert names_of(clusters) == [
        ("Phishing", "Email Phishing"),
        ("Black Market Trade", "Illegal Trade", "Smuggling"),
    ]
    assert [c.support for c in clusters] == [10, 7]
    assert [c.centre for c in clusters] == ["Phishing", "Black Market Trade"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({"Illegal Trade": 3}, []),
        ({"Illegal Trade": 4}, [("Illegal Trade",)]),
        ({"Illegal Trade": 900}, [("Illegal Trade",)]),
        ({"Illegal Trade": 2, "Smuggling": 2}, [("Illegal Trade", "Smuggling")]),
        ({"Illegal Trade": 900, "Gossip": 1}, [("Illegal Trade",)]),
        ({"Illegal Trade": 1, "Phishing": 1, "Gossip": 1, "Queue Jumping": 1}, []),
        ({"Illegal Trade": 2, "Phishing": 2, "Gossip": 2, "Queue Jumping": 2}, []),
    ],
    ids=["none", "too few", "just enough", "one name", "one cluster", "one and noise", "all different", "all rare"],
)
def test_sets_without_two_clusters(counts, expected):
    assert names_of(cluster(counts)) == expected


def test_names_that_have_nothing_in_common_are_no_cluster():
    rng = np.random.default_rng(0)
    vectors = {f"name {i}": v / np.linalg.norm(v) for i, v in enumerate(rng.normal(size=(200, 384)))}
    assert cluster(dict.fromkeys(vectors, 1), encode=encoder(vectors)) == []


def test_names_in_other_scripts_are_clustered_alike():
    assert names_of(cluster({"Торговля людьми": 3, "人身売買": 2})) == [("Торговля людьми", "人身売買")]


def test_order_and_batch_leave_no_trace():
    counts = {"Illegal Trade": 3, "Smuggling": 2, "Phishing": 5, "Gossip": 1}
    noisy = {name: vector + 1e-7 for name, vector in VECTORS.items()}
    first = cluster(counts)
    assert cluster(dict(reversed(counts.items()))) == first
    assert cluster(counts, encode=encoder(noisy)) == first


def test_support_counts_every_row_and_not_the_copies_that_were_clustered():
    (found,) = cluster({"Illegal Trade": 1_000, "Smuggling": 50})
    assert (found.support, found.centre) == (1_050, "Illegal Trade")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_support": 1}, "discover.min_support: expected 2 or more, found 1"),
        ({"same_from": 1.0}, "discover.same_from: expected a cosine in"),
        ({"same_from": -0.1}, "discover.same_from: expected a cosine in"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        cluster({"Illegal Trade": 4}, **settings)
