"""The report as a whole: self-contained, equal to the byte, and safe against what guards and users write."""

import re
from dataclasses import replace

import polars as pl
import pytest

from proguard.evaluate.metrics.outcome import judge
from proguard.evaluate.metrics.predictions import measure_sets
from proguard.evaluate.report.page import ReportOptions, build_report, pick_images
from proguard.evaluate.report.plots import balance_table
from proguard.naming import NameBank
from proguard.reward.config import STRICT
from tests.evaluate.report.summaries import EMPTY, FOUND, make_training
from tests.evaluate.report.test_figures import TERMS
from tests.outcomes import MINILM, answer, draw_test_rows, predict
from tests.worlds import taxonomy
from tools.closure import ROOT

OPTIONS = ReportOptions(
    profile="mini",
    baseline="base",
    trained="proguard",
    test_set="test",
    n_resamples=50,
    confidence=0.95,
    seed=0,
    n_names=10,
    n_examples=9,
    shown_sources=["mini_world"],
)


def count_words(texts):
    return [len(text.split()) for text in texts]


@pytest.fixture(scope="module")
def judged():
    bank = NameBank(taxonomy(), MINILM)
    rows, images = draw_test_rows(150)
    skills = {"base": 0.3, "proguard": 0.9}
    outcomes = {
        g: judge(rows, predict(rows, answer(rows, skill=s)), bank, STRICT, count_words) for g, s in skills.items()
    }
    return bank, outcomes, images


def build(judged, *, options=OPTIONS, facts=(("Profile", "mini"),), other_sets=(), leakage=EMPTY, training=None):
    bank, outcomes, images = judged
    sets = {"test": outcomes} | {name: {"proguard": outcomes["proguard"]} for name in other_sets}
    measuring = {"n_resamples": 50, "confidence": 0.95, "seed": 0}
    return build_report(
        options,
        facts=facts,
        estimates=measure_sets(sets, baseline="base", trained="proguard", **measuring),
        outcomes=outcomes,
        bank=bank,
        curve=pl.DataFrame({"step": [1, 2], "reward": [1.0, 2.0]}),
        terms=TERMS,
        balance=balance_table({"test": [o.row for o in outcomes["base"]]}),
        leakage=leakage,
        training=training or make_training(bank.taxonomy),
        published=pl.read_csv(ROOT / "data" / "published_results.csv"),
        images={sha: images[sha] for sha in pick_images(outcomes["proguard"], options)},
    )


@pytest.fixture(scope="module")
def page(judged):
    return build(judged)


@pytest.fixture(scope="module")
def full_page(judged):
    """A report of a run with other test sets, found leakage, and markup for a base model's name."""
    return build(judged, facts=[("Base model", "<script>")], other_sets=["openai_moderation"], leakage=FOUND)


def test_report_says_that_the_better_guard_is_better(page):
    assert "<h1>Yes: the trained guard is better</h1>" in page
    assert "10 names that the trained guard gave" in page


def test_report_has_the_tokens_per_answer_by_modality_with_an_interval(page):
    table = page.partition("<h3>Tokens per answer</h3>")[2].partition("</table>")[0]
    titles = re.findall(r'<th scope="row">([^<]+)<', table)
    assert titles == ["All modalities", "Text", "Image", "Text with image"]
    assert len(re.findall(r"[+\N{MINUS SIGN}]\d+\.\d\d to [+\N{MINUS SIGN}]\d+\.\d\d", table)) == 4


def test_report_fetches_nothing(page):
    assert "<script" not in page
    assert {link[:5] for link in re.findall(r'(?:src|href)="([^"]+)', page)} == {"data:"}
    assert "url(" not in page


def test_report_is_equal_to_the_byte(judged, page):
    assert build(judged) == page


def test_report_of_equal_guards_does_not_claim_a_gain(judged):
    bank, outcomes, images = judged
    page = build((bank, {"base": outcomes["base"], "proguard": outcomes["base"]}, images))
    assert "<h1>Not shown to be better: the difference could be chance</h1>" in page


def test_report_withholds_what_is_not_ours(judged):
    page = build(judged, options=replace(OPTIONS, shown_sources=[]))
    requests = {o.row.sample.request for o in judged[1]["proguard"]} - {None}
    assert not any(request in page for request in requests)
    assert "data:image/png" not in page


def test_report_lists_other_sets(page, full_page):
    assert "Other test sets" not in page
    assert "Other test sets" in full_page
    assert "openai_moderation" in full_page


def test_report_lists_leakage_by_pair_of_sets(full_page):
    assert "Rows left out of training: 3." in full_page
    row = re.search(r"<tr><th scope=\"row\">ours</th><td>bench</td><td>same text</td>.*?</tr>", full_page, re.S)[0]
    assert re.findall(r"<code>(\w+)</code>", row) == ["0a", "0b", "1a", "0b"]
    assert "3 of 900" in row
    for title in ("Left out of training", "Duplicates between sets for training", "Duplicates inside a set"):
        assert title in full_page


def test_report_says_what_the_training_rows_can_hardly_teach(judged, page):
    assert "What these rows can hardly teach" not in page
    training = make_training(taxonomy(), warnings=("no safe <rows>",), C7={"text": 1204}, C7S2={"text": 1204})
    warned = build(judged, training=training)
    assert "<li>no safe &lt;rows&gt;</li>" in warned
    row = re.search(r"<td>C7S2 .*?</tr>", warned)[0]
    assert re.findall(r'<td class="num">([\d,]+)</td>', row) == ["1,204", "0", "0", "1,204"]


def test_report_without_leakage_lists_none(page):
    assert "No row has a duplicate in another set." in page
    assert "Left out of training" not in page
    assert "Duplicates in" not in page


def test_report_escapes_markup(full_page):
    assert "&lt;script&gt;" in full_page
    assert "<script" not in full_page
