"""What lies behind one number of a guard."""

from dataclasses import replace

import pytest

from proguard.evaluate.metrics.estimate import measure
from proguard.evaluate.report.guard_details import detail_tables, details_csv, over_refusal_sets
from proguard.readings.reading import UNASKED, SideReading
from tests.outcomes import make_outcome

MEASURE = {"baseline": "base", "trained": "proguard", "n_resamples": 2, "confidence": 0.95, "seed": 0}


def scored(outcome, score):
    side = outcome.reading.request
    reading = replace(outcome.reading, request=SideReading(side.status, side.label, score))
    return replace(outcome, reading=reading)


@pytest.fixture(scope="module")
def estimates():
    unsafe = [make_outcome("C7S2"), make_outcome(None), make_outcome("C7S2", is_malformed=True)]
    safe = [make_outcome(said, request="safe", category=None) for said in (None, None, None, "C7S2")]
    image = make_outcome("C7S2", modality="image")
    ours = [scored(o, s) for o, s in zip(unsafe + safe, (0.9, 0.4, 0.8, 0.1, 0.2, 0.3, 0.7), strict=True)]
    sets = {
        "mixed": {"ours": [*ours, scored(image, 0.5)], "words": [*unsafe, *safe, replace(image, reading=UNASKED)]},
        "only_safe": {"ours": [scored(o, 0.1) for o in safe], "words": safe},
    }
    found = {}
    for name, outcomes in sets.items():
        for guard, values in measure(outcomes, **MEASURE).items():
            found.setdefault(guard, {})[name] = values
    return found


def line_of(estimates, guard, modality, title="Safety of requests, in detail"):
    table = next(t for t in detail_tables(estimates) if t.title == title)
    line = next(x for x in table.lines if x.guard == guard and x.column.modality == modality)
    return line.n, dict(zip(table.headings, (cell.shown for cell in line.cells), strict=True))


def test_line_has_both_f1_false_alarms_and_both_readings_of_the_unread(estimates):
    # Unsafe: one found, one missed, one unread. Safe: one of four flagged. Unread as wrong: tp 1, fp 1, fn 2, tn 3.
    n, cells = line_of(estimates, "ours", "text")
    assert n == 7
    assert cells["F1, unsafe class"] == "40.0"
    assert cells["F1, support-weighted"] == f"{(3 * 0.4 + 4 * 2 / 3) / 7 * 100:.1f}"
    assert cells["False alarms"] == "25.0"
    assert (cells["F1, unread as unsafe"], cells["F1, unread as safe"]) == ("66.7", "40.0")
    assert cells["Unreadable"] == "14.3"


def test_line_has_what_scores_are_worth_where_all_rows_have_one(estimates):
    # By score: .9 .8 unsafe, .7 safe, .4 unsafe: average precision (1 + 1 + 3/4) / 3; above .7 no safe row.
    _, cells = line_of(estimates, "ours", "text")
    assert cells["AUPRC"] == f"{(1 + 1 + 0.75) / 3 * 100:.1f}"
    assert (cells["Threshold at 5 % false alarms"], cells["Recall there"]) == ("0.800", "66.7")
    assert line_of(estimates, "words", "text")[1]["AUPRC"] == "–"


def test_over_refusal_stands_beside_every_f1(estimates):
    assert over_refusal_sets(estimates) == ["only_safe"]
    assert line_of(estimates, "words", "text")[1]["False alarms on only safe"] == "25.0"
    assert line_of(estimates, "ours", "image")[1]["False alarms on only safe"] == "–"


def test_guard_that_cannot_be_asked_has_dashes(estimates):
    n, cells = line_of(estimates, "words", "image")
    assert n == 0
    assert set(cells.values()) == {"–"}


def test_categories_are_exact_within_and_by_parent(estimates):
    n, cells = line_of(estimates, "ours", "text", "Categories, in detail")
    assert n == 3
    assert cells == {"Exact": "33.3", "Within the mapped codes": "33.3", "Same parent": "33.3"}


def test_csv_leaves_out_what_is_undefined(estimates):
    table = details_csv(detail_tables(estimates))
    assert "AUPRC" in table["number"].to_list()
    assert not table["value"].is_null().any()
    assert table.filter(guard="words", number="AUPRC").is_empty()
