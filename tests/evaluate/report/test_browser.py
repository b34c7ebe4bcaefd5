"""The report of three guards in a real browser, where one is installed: it sorts, filters, and reads well."""

import pytest

from tests.browser import AXE, BROWSER, found_in, run_in, show
from tests.evaluate.report.pages import build_three, judge_guards

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]

SORT = """
const table = document.querySelector("table.sortable"), button = table.querySelectorAll("th button")[1];
const order = () => [...table.tBodies[0].rows].map(row => row.cells[1].dataset.value ?? null);
button.click(); const falling = order(); button.click();
const name = table.querySelector("th button"); const rising = order(); name.click();
return {falling, rising, marked: name.parentElement.ariaSort,
        names: [...table.tBodies[0].rows].map(row => row.cells[0].textContent)};
"""
FILTER = """
const seen = () => [...new Set([...document.querySelectorAll("#guards [data-modality]")]
  .filter(e => getComputedStyle(e).display !== "none").map(e => e.dataset.modality))].sort();
const all = seen(); document.querySelector('button[data-show="image"]').click();
return {all, image: seen(), pressed: document.querySelectorAll('button[aria-pressed="true"]').length};
"""
WIDTH = """
for (const details of document.querySelectorAll("details")) details.open = true;
return {page: document.documentElement.scrollWidth, window: innerWidth};
"""
AXE_RUN = """
for (const details of document.querySelectorAll("details")) details.open = true;
const {violations} = await axe.run();
return violations.filter(v => ["serious", "critical"].includes(v.impact))
  .map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary]);
"""


@pytest.fixture(scope="module")
def page():
    return build_three(judge_guards())


@pytest.fixture
def ask(page, tmp_path):
    def ask(script, *, head="", **look):
        (tmp_path / "page.html").write_text(run_in(page.replace("<head>", f"<head>{head}", 1), script))
        shown = show((tmp_path / "page.html").as_uri(), tmp_path / "browser", **look)
        assert shown.console == ()
        return found_in(shown)

    return ask


def test_heading_sorts_by_number_and_puts_what_has_none_last(ask):
    found = ask(SORT)
    numbers = [float(value) for value in found["falling"] if value]
    assert numbers == sorted(numbers, reverse=True)
    assert found["falling"][len(numbers) :] == found["rising"][len(numbers) :] == [None] * found["rising"].count(None)
    assert [float(value) for value in found["rising"] if value] == sorted(numbers)
    assert found["marked"] == "ascending"
    assert found["names"] == sorted(found["names"], key=str.casefold)


def test_filter_shows_one_modality(ask):
    assert ask(FILTER) == {"all": ["image", "text", "text_image"], "image": ["image"], "pressed": 1}


@pytest.mark.parametrize("width", [1280, 500])
def test_page_is_no_wider_than_the_window(ask, width):
    found = ask(WIDTH, width=width)
    assert found["page"] <= found["window"]


@pytest.mark.skipif(AXE is None, reason="no axe-core: make browser-check fetches it")
@pytest.mark.parametrize("is_dark", [False, True])
def test_axe_finds_nothing_serious(ask, is_dark):
    assert ask(AXE_RUN, head=f"<script>{AXE.read_text()}</script>", is_dark=is_dark) == []
