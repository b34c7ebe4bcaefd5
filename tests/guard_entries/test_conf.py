"""Every file of conf/guard: complete, and able to ask about every kind of row it takes."""

import polars as pl
import pytest

from proguard.guard_entries.entry import make_spec
from proguard.inference.engine import Completion
from proguard.readings.reading import SIDES
from tests.guards.every_guard import NAMES, family_of, load_entry, spec_of
from tests.guards.rows import ROWS
from tests.worlds import taxonomy
from tools.closure import ROOT

MAPS = ROOT / "data" / "guard_maps.yaml"
PUBLISHED = set(pl.read_csv(ROOT / "data" / "published_results.csv")["guard"])


@pytest.mark.parametrize("name", NAMES)
def test_file_adds_one_guard_under_its_own_name(name):
    content = load_entry(name)
    assert (list(content["guards"]), content["predict"]["asked"]) == ([name], {name: "guards"})
    assert set(content["guards"][name]["facts"]) == {"licence", "gate", "published_as"}


@pytest.mark.parametrize("name", NAMES)
def test_guard_asks_about_the_rows_that_it_takes_and_reads_any_answer(name):
    family, spec = family_of(name), spec_of(name)
    for row in ROWS.values():
        asks = family.asks(row, taxonomy())
        assert bool(asks) == bool(spec.scope.sides_of(row.sample))
        assert len({ask.key for ask in asks}) == len(asks)
        if asks:
            reading = family.read(row, {ask.key: Completion("?") for ask in asks})
            assert [s for s in SIDES if getattr(reading, s).was_asked] == list(spec.scope.sides_of(row.sample))


@pytest.mark.parametrize("name", NAMES)
def test_prompt_holds_each_side_of_the_row(name):
    row = ROWS["both"]
    prompts = [ask.query.messages for ask in family_of(name).asks(row, taxonomy())]
    words = "".join(p if isinstance(p, str) else "".join(m["content"] for m in p) for p in prompts)
    sides = spec_of(name).scope.sides_of(row.sample)
    assert ("how do i bake bread" in words) == bool(sides)
    assert ("mix flour and water" in words) == ("response" in sides)


def test_every_guard_of_the_published_tables_has_a_file():
    named = [spec_of(name).facts["published_as"] for name in NAMES]
    assert set(named) - {None} == PUBLISHED
    assert len([name for name in named if name]) == len(PUBLISHED)
    assert len(NAMES) >= len(PUBLISHED) + 8


@pytest.mark.parametrize("name", [name for name in NAMES if "weights" in load_entry(name)["guards"][name]])
def test_weights_without_a_pinned_commit_are_refused(name):
    entry = load_entry(name)["guards"][name]
    with pytest.raises(ValueError, match=rf"guards.{name}.weights.revision: no commit of .* is pinned; .*=<commit>"):
        make_spec(name, entry, maps=MAPS, taxonomy=taxonomy())


def test_map_that_there_is_not_is_named():
    entry = load_entry("llama_guard_4")["guards"]["llama_guard_4"] | {"map": "llama_guard_9"}
    with pytest.raises(ValueError, match="no map 'llama_guard_9'; it has llama_guard_1"):
        make_spec("llama_guard_4", entry, maps=MAPS, taxonomy=taxonomy())
