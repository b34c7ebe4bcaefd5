import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import annotators
from benchmarks.annotators import (
    ANNOTATORS,
    HELD_OUT,
    SOURCES,
    SUMMARY,
    collect_questions,
    hash_inputs,
    measure,
    table,
)
from proguard.flatten import flatten
from proguard.sample import normalise_text
from proguard.storage.files import read_json
from proguard.taxonomy_map.classifier import load_phrases
from tests.worlds import taxonomy
from tools.closure import ROOT

MIRROR = os.environ.get("PROGUARD_MIRROR")
PAGE = ROOT / "docs" / "annotation.md"

AGAIN = "docs/annotation.json is of other inputs: run python -m benchmarks.annotators --mirror <folder> again"

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


def test_summary_is_of_the_present_phrases_taxonomy_label_maps_and_settings():
    assert read_json(SUMMARY)["inputs"] == hash_inputs(), AGAIN


@pytest.mark.parametrize(
    ("name", "changed", "key"),
    [
        ("ANNOTATORS", ANNOTATORS[:-1], "annotators"),
        ("ANNOTATORS", (replace(ANNOTATORS[0], threshold=0.3), *ANNOTATORS[1:]), "annotators"),
        ("SMOOTHING", 1e-3, "annotators"),
        ("load_phrases", lambda *_: {"C1S1": ["a request"]}, "phrases"),
        ("load_label_maps", lambda *_: {source: {} for source in SOURCES + HELD_OUT}, "label_maps"),
    ],
)
def test_hash_inputs_changes_with_what_the_numbers_depend_on(name, changed, key, monkeypatch):
    before = hash_inputs()
    monkeypatch.setattr(annotators, name, changed)
    after = hash_inputs()
    assert {part for part in before if before[part] != after[part]} == {key}


def test_hash_inputs_is_the_same_in_another_folder(tmp_path, monkeypatch):
    before, there = hash_inputs(), tmp_path / "there"
    there.symlink_to(ROOT)
    moved = str(there / "data" / "annotator_phrases.yaml")
    with_phrases = [a if getattr(a, "phrases", None) is None else replace(a, phrases=moved) for a in ANNOTATORS]
    for name, value in {"ROOT": there, "PHRASES": moved, "ANNOTATORS": tuple(with_phrases)}.items():
        monkeypatch.setattr(annotators, name, value)
    assert hash_inputs() == before


@pytest.fixture(scope="module")
def questions():
    return collect_questions(Path(MIRROR))


@needs_mirror
@pytest.mark.slow
def test_summary_is_what_the_code_computes_on_its_sources(questions):
    committed = read_json(SUMMARY)
    sources = committed["votes_by_source"]["classifier"].keys()
    # The summary was made without simple_safety_tests, and without OpenAI's rows flagged S3.
    asked = [q for q in questions if q.sample.source in sources and q.sample.source_label != "S3"]
    found = measure(asked)
    # Numbers have 4 decimals, of which rounding may change the last one; one vote more or less changes 5e-4 or more.
    for part in ("accuracy", "votes_by_source"):
        assert dict(flatten(found[part])) == pytest.approx(dict(flatten(committed[part])), abs=1.5e-4, nan_ok=True)
    assert found["contradicted_labels"] == committed["contradicted_labels"]


@needs_mirror
@pytest.mark.slow
def test_requests_that_the_classifier_learns_from_are_no_rows_of_a_data_set(questions):
    rows = {normalise_text(q.text) for q in questions if q.text}
    phrases = load_phrases(ROOT / "data" / "annotator_phrases.yaml", taxonomy())
    assert [text for texts in phrases.values() for text in texts if normalise_text(text) in rows] == []
