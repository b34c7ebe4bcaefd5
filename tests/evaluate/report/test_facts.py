"""The head of the report."""

from proguard.evaluate.report.facts import describe_run
from tests.outcomes import draw_test_rows
from tests.worlds import make_guard_card


def test_describe_run_counts_rows_and_names_hashes():
    rows, _ = draw_test_rows(90)
    card = make_guard_card(origin={"base": "tiny", "revision": None, "steps": 110})
    facts = dict(describe_run(profile="mini", card=card, rows={"test": rows}, hashes={"reward": "abc"}, seed=7))
    assert facts["Base model"] == "tiny"
    assert "Revision" not in facts
    assert facts["Rows, test"].startswith(f"{len(rows)} (text ")
    assert facts["Sources of the test rows"] == "mini_world"
    assert (facts["Seed of the intervals"], facts["Hash of the reward"]) == ("7", "abc")
