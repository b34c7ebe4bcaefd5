"""The page by hand, in a real browser where one is installed."""

from urllib.parse import urlencode

import pytest

from proguard.serve.keys import Keys
from tests import browser
from tests.serve.servers import KEY, make_service, serving

pytestmark = [pytest.mark.slow, pytest.mark.skipif(browser.BROWSER is None, reason="no Chromium is installed")]


def show(address, tmp_path, **fields):
    """Return the page's content after its script has run."""
    page = browser.show(f"{address}/#{urlencode(fields)}", tmp_path).dom
    return page.partition('<div id="verdict"')[2].partition("</div>")[0], page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"request": "fine"}, ['class="safe"', "Safe", "Request: safe", "Reasoning: because"]),
        (
            {"request": "fine", "response": "bad <b>1</b>"},
            ['class="flagged"', "Flagged", "Response: unsafe", "Category: Private Data Leakage"],
        ),
        ({"request": "odd"}, ['class="flagged"', "No verdict: malformed (no_match)"]),
        ({"request": "x" * 3000}, ['class="flagged"', "No outcome: input", "3000 characters"]),
        ({"request": "bad", "policy": "queues"}, ["(not in the policy)"]),
    ],
)
def test_page_shows_the_verdict(tmp_path, fields, words):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "queues.yaml").write_text("- {id: q, name: Queue Jumping, description: Skips a queue.}\n")
    with serving(make_service(policies=tmp_path / "policies")) as address:
        verdict, page = show(address, tmp_path / "browser", **fields)
    for word in words:
        assert word in verdict
    assert "<option" in page


def test_page_without_the_key_shows_no_outcome(tmp_path):
    with serving(make_service(keys=Keys([KEY]))) as address:
        verdict, _ = show(address, tmp_path / "browser", request="fine")
    assert "No outcome: no valid API key" in verdict
