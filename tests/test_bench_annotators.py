import os
from pathlib import Path

import pytest

from benchmarks.annotators import HELD_OUT, RULES, SUMMARY, collect_questions, measure, table
from proguard.sample import normalise_text
from proguard.storage.files import read_json
from proguard.taxonomy_map.classifier import load_phrases
from tests.worlds import taxonomy
from tools.closure import ROOT

MIRROR = os.environ.get("PROGUARD_MIRROR")
PAGE = ROOT / "docs" / "annotation.md"
SHARES = ("coverage", "exact", "category")

needs_mirror = pytest.mark.skipif(not MIRROR, reason="PROGUARD_MIRROR names no mirror of the public sources")


def test_page_shows_the_table_of_the_summary():
    page = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in table(read_json(SUMMARY)) if line not in page] == []


@pytest.mark.parametrize("source", ["held_out", "harmbench", "xstest"])
@pytest.mark.parametrize("name", ["classifier", "classifier_on_tokens"])
def test_summary_classifier_reaches_the_bars_on_held_out_rows(source, name):
    measured = read_json(SUMMARY)["accuracy"][source][name]
    assert (measured["coverage"] >= 0.6, measured["exact"] >= 0.5, measured["category"] >= 0.8) == (True, True, True)


def test_summary_embedding_does_not_reach_the_bars_on_held_out_rows():
    assert read_json(SUMMARY)["accuracy"]["held_out"]["embedding_on_all"]["exact"] < 0.5


@needs_mirror
@pytest.mark.slow
def test_summary_is_what_the_code_computes_on_held_out_rows():
    questions = [q for q in collect_questions(Path(MIRROR)) if q.sample.source in HELD_OUT]
    measured, committed = measure(questions)["accuracy"], read_json(SUMMARY)["accuracy"]
    for source in measured:
        # A rule estimates reliability from all sources together.
        for name in measured[source].keys() - {*RULES}:
            found, expected = measured[source][name], committed[source][name]
            assert found["rows"] == expected["rows"]
            assert [found[key] for key in SHARES] == pytest.approx([expected[key] for key in SHARES], abs=0.01)


@needs_mirror
@pytest.mark.slow
def test_requests_that_the_classifier_learns_from_are_no_rows_of_a_data_set():
    rows = {normalise_text(q.text) for q in collect_questions(Path(MIRROR)) if q.text}
    phrases = load_phrases(ROOT / "data" / "annotator_phrases.yaml", taxonomy())
    assert [text for texts in phrases.values() for text in texts if normalise_text(text) in rows] == []
