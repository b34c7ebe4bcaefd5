"""Pairs of readings for tests: one guard on one row and on a variant of it."""

from dataclasses import replace

from proguard.evaluate.suites.pairs import Pair
from proguard.policy import Policy
from proguard.readings.reading import NOT_ASKED, Reading, SideReading
from proguard.row import Row, make_row
from proguard.sample import make_sample
from proguard.taxonomy import Node
from proguard.variant import Variant, reword
from tests.worlds import taxonomy

POLICY = Policy("subcategory", (("A1", "C7S2"), ("A2", "C8S1"), ("A3", "C9S2")), ("C5S1",))

MERGED = Node("C7S2 + C8S1", "Two", "Both.", ("x",), "C7")
MERGED_POLICY = Policy("subcategory", (("A2", "C7S2 + C8S1"), ("A3", "C9S2")), ("C5S1",))


def make_text_row(category: str | None = "C7S2", *, policy: Policy = POLICY, group: str = "g") -> Row:
    label = "safe" if category is None else "unsafe"
    sample = make_sample(source="s", modality="text", request="r", request_label=label, category=category, group=group)
    return make_row(sample, policy, "free" if category is None else "shown", taxonomy())


def say(said: str | None, policy: Policy = POLICY) -> Reading:
    """Return the reading of an answer whose category is ``said``; ``None`` calls the request safe."""
    code = policy.code_of(said)
    name = said if said is not None and code is None and not said.startswith("A") else None
    label = "safe" if said is None else "unsafe"
    return Reading(SideReading("ok", label), NOT_ASKED, said, code, () if code is None else (code,), name, True)


UNREAD = Reading(SideReading("unread"), NOT_ASKED, codes=(), reads_policy=True, detail="no_match")


def make_pair(
    before: Reading,
    after: Reading,
    *,
    row: Row | None = None,
    policy: Policy = POLICY,
    category: str | None = "C7S2",
    change: str = "reordered",
) -> Pair:
    """Return a pair; ``category`` is the sample's after the change."""
    row = make_text_row() if row is None else row
    own = reword(taxonomy(), [MERGED])
    changed = make_row(replace(row.sample, category=category), policy, row.role, own)
    return Pair(row, before, Variant(changed, row.sample.id, "policy_drift", change, None, own), after, taxonomy())
