"""The report as a whole: self-contained, equal to the byte, and safe against what guards and users write."""

import re
from dataclasses import replace

import pytest

from proguard.evaluate.report.discovery import show_discovery
from tests.evaluate.report.discoveries import PROPOSALS, SUMMARY, make_trial
from tests.evaluate.report.pages import OPTIONS, build, build_three, judge_guards
from tests.evaluate.report.summaries import FOUND, make_training
from tests.worlds import taxonomy


@pytest.fixture(scope="module")
def judged():
    return judge_guards()


@pytest.fixture(scope="module")
def page(judged):
    return build(judged)


@pytest.fixture(scope="module")
def full_page(judged):
    """A report of a run with other test sets, found leakage, and markup for a base model's name."""
    found = show_discovery(SUMMARY, PROPOSALS, make_trial(), taxonomy(), n_resamples=50, confidence=0.95, seed=0)
    sets = ["openai_moderation"]
    return build(judged, facts=[("Base model", "<script>")], other_sets=sets, leakage=FOUND, discovery=found)


def test_report_says_that_the_better_guard_is_better(page):
    assert "<h1>Yes: the trained guard is better</h1>" in page
    assert "10 names that the trained guard gave" in page


def test_report_has_the_tokens_per_answer_by_modality_with_an_interval(page):
    table = page.partition("<h3>Tokens per answer</h3>")[2].partition("</table>")[0]
    titles = re.findall(r'<th scope="row">([^<]+)<', table)
    assert titles == ["All modalities", "Text", "Image", "Text with image"]
    assert len(re.findall(r"[+\N{MINUS SIGN}]\d+\.\d\d to [+\N{MINUS SIGN}]\d+\.\d\d", table)) == 4


def test_report_fetches_nothing(page):
    assert page.count("<script") == 1
    assert "fetch(" not in page
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
    assert full_page.count("<script") == 1


def test_report_of_three_guards_has_a_line_for_each_and_the_papers_others(judged):
    page = build_three(judged)
    table = page.partition('id="guards"')[2].partition("Categorization</h3>")[0]
    heads = re.findall(r'<th scope="row"( class="theirs")?>(\S+)</th>', table)
    assert [name for theirs, name in heads if not theirs][:3] == ["base", "proguard", "word_list"]
    assert "LlamaGuard4-12B" in [name for theirs, name in heads if theirs]
    assert "WildGuard-7B" not in [name for _, name in heads]
    assert "paper " in page


def test_section_on_discovery_is_there_when_it_was_run(page, full_page):
    assert "What its own names suggest" not in page
    section = full_page.split('id="discovery"')[1].split("</section>")[0]
    assert "Scams &lt;b&gt;" in section
    assert "Risks that training never listed" in section
    assert ">+50.0</span>" in section
