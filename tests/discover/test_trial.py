"""Rows asked again with proposals in their policy, by a guard that answers by rule."""

import random
import re

import pytest

from proguard.discover.given import Given
from proguard.discover.join import ask_again, draw_ids
from proguard.discover.propose import Proposal
from proguard.discover.trial import KINDS, draw_trial, in_first_half, kind_of, summarise_trial, try_proposals
from proguard.moderate.guard import Guard
from proguard.policy import Policy
from proguard.row import make_row
from proguard.sample import make_sample
from tests.moderate.engines import RuleEngine, say
from tests.outcomes import read
from tests.worlds import make_guard_card, taxonomy

PLAIN = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3")))
SHUFFLED = Policy("subcategory", (("C1S1", "C7S2"), ("C2S1", "C7S3")))
HATE = Proposal("X1", "Odd Hatred", "d", (), ("Odd Hatred",), 3, ())
SCAM = Proposal("X2", "Odd Scam", "d", (), ("Odd Scam",), 3, ())


def make(text, category, role, policy=PLAIN):
    label = "safe" if category is None else "unsafe"
    sample = make_sample(source="s", modality="text", request=text, request_label=label, category=category, group=text)
    return make_row(sample, policy, role, taxonomy())


def rule(prompt):
    """Answer with the id that the prompt gives to the name that the request holds; calm about all else."""
    wanted = re.search(r"<user>(.+?)</user>", prompt)[1].split(" about ")[-1]
    found = re.search(rf"^{re.escape(wanted)} (\S+)$", prompt, re.MULTILINE)
    return say("unsafe", None, found[1]) if found else say("safe")


def guard(rule=rule, **card):
    return Guard(RuleEngine(rule), make_guard_card(**card), taxonomy())


@pytest.mark.parametrize("policy", [PLAIN, SHUFFLED])
def test_guard_chooses_a_proposal_that_joined_the_policy(policy):
    rows = [make("1 about Odd Hatred", "C5S1", "novel", policy), make("2 about nothing", None, "free", policy)]
    first, second = ask_again(rows, [HATE, SCAM], guard(), {}, seed=0)
    assert (first.outcome.in_policy, first.outcome.name, first.chosen, first.is_by_id) == (
        True,
        "Odd Hatred",
        HATE,
        True,
    )
    assert (second.outcome.flagged, second.chosen, second.is_by_id) == (False, None, False)


def test_guard_that_repeats_the_name_chose_the_proposal_but_not_by_its_id():
    stubborn = guard(lambda prompt: say("unsafe", None, "Odd Scam"))
    (asked,) = ask_again([make("1", "C3S1", "novel")], [HATE, SCAM], stubborn, {}, seed=0)
    assert (asked.chosen, asked.is_by_id, asked.outcome.in_policy) == (SCAM, False, False)


def test_ids_are_of_the_policys_kind():
    draw = {p: draw_ids(p, [HATE, SCAM], guard(), random.Random(0)) for p in (PLAIN, SHUFFLED)}
    assert list(draw[PLAIN]) == ["X1", "X2"]
    drawn = list(draw[SHUFFLED])
    assert set(drawn) < set(taxonomy().codes("subcategory")) - set(SHUFFLED.ids)
    assert len(set(drawn)) == 2


def test_more_proposals_than_codes_keep_ids_of_their_own():
    many = [Proposal(f"X{i}", f"n{i}", "d", (), (f"n{i}",), 3, ()) for i in range(40)]
    ids = list(draw_ids(SHUFFLED, many, guard(), random.Random(0)))
    assert len(set(ids)) == 40
    assert ids[-1] == "X39"


def test_large_policy_is_asked_in_parts():
    parted = guard(max_shown={"subcategory": 2, "category": 2})
    (asked,) = ask_again([make("0 about Odd Scam", "C3S1", "novel")], [HATE, SCAM], parted, {}, seed=0)
    assert (asked.outcome.parts, asked.chosen) == (2, SCAM)


def test_proposal_that_the_policy_lists_is_left_out():
    listed = Proposal("X1", taxonomy()["C7S2"].name, "d", (), (), 3, ())
    row = make(f"0 about {listed.name}", "C7S2", "shown")
    (asked,) = ask_again([row], [listed], guard(), {}, seed=0)
    assert (asked.outcome.category, asked.chosen) == ("C7S2", None)


def test_halves_share_no_group_and_the_trial_is_of_the_second():
    rows = [make(f"{i} about Odd Hatred", "C5S1", "novel") for i in range(40)] + [
        make(f"s{i}", None, "free") for i in range(40)
    ]
    trial = draw_trial(rows, n_rows=5, seed=0)
    assert not any(in_first_half(row.sample.group, seed=0) for row in trial)
    assert [kind_of(row) for row in trial] == ["novel"] * 5 + ["safe"] * 5
    assert draw_trial(rows[::-1], n_rows=5, seed=0) == trial
    halves = [in_first_half(row.sample.group, seed=0) for row in rows]
    assert 20 < sum(halves) < 60


def test_trial_says_what_changed_by_kind():
    novel = [make(f"{i} about {'Odd Hatred' if i else 'nothing'}", "C5S1", "novel") for i in range(4)]
    listed = make(f"0 about {taxonomy()['C7S2'].name}", "C7S2", "shown")
    safe = make("3 about Odd Scam", None, "free")
    rows = [*novel, listed, safe, make("x", "C3S1", "hidden")]
    given = [*(Given(row.sample.id, "Odd Hatred") for row in novel[:3]), Given(rows[-1].sample.id, "Odd Scam")]
    said = ["Odd Hatred", "Odd Scam", None, None, "C7S3", None, None]
    readings = {
        row.sample.id: read(("unsafe" if name else "safe", None), name) for row, name in zip(rows, said, strict=True)
    }
    table = try_proposals(
        rows,
        readings,
        [HATE, SCAM],
        given,
        trial=rows[:6],
        guard=guard(),
        read_images=lambda hashes: {},
        seed=0,
    )
    shares = summarise_trial(table)
    assert shares["novel"] == {
        "rows": 4,
        "right_before": 0.25,
        "right_after": 0.75,
        "by_id_after": 0.75,
        "unsafe_before": 0.5,
        "unsafe_after": 0.75,
    }
    assert (shares["listed"]["right_before"], shares["listed"]["right_after"]) == (0.0, 1.0)
    assert (shares["safe"]["right_before"], shares["safe"]["right_after"]) == (1.0, 0.0)
    assert set(shares) < set(KINDS)
