import inspect

import pytest

from proguard.collect.entry import find_reader, make_entry
from proguard.collect.files.editions import load_edition
from proguard.collect.sources import mini_world
from tests.conf import load_entry
from tools.closure import ROOT


def test_make_entry_adapter_is_the_named_one_or_the_entrys():
    settings = load_entry("source", "mini_world")
    assert make_entry("source", "mini_world", settings).adapter == "mini_world"
    entry = make_entry("benchmark", "world", settings | {"adapter": "mini_world"})
    assert (entry.adapter, entry.key, entry.reader) == ("mini_world", "collect.benchmarks.world", mini_world.read)


def test_make_entry_other_keys_are_named():
    settings = load_entry("source", "mini_world")
    with pytest.raises(
        ValueError, match=r"sources\.world: unknown keys \['gates'\]; expected some of accept_other_files, adapter"
    ):
        make_entry("source", "world", settings | {"gates": None})
    with pytest.raises(ValueError, match=r"sources\.world: no licence"):
        make_entry("source", "world", {})


def test_find_reader_unknown_adapter_names_the_nearest():
    with pytest.raises(ValueError, match=r"k\.adapter: no module 'openai_moderaton' .*mean 'openai_moderation'\?"):
        find_reader("openai_moderaton", key="k")


@pytest.mark.parametrize(
    ("role", "name"),
    [(folder, path.stem) for folder in ("source", "benchmark") for path in sorted((ROOT / "conf" / folder).glob("*"))],
)
def test_make_entry_of_conf_is_read_by_its_adapter(role: str, name: str):
    entry = make_entry(role, name, load_entry(role, name))
    source = entry.source
    files = {"files": {}} if source.editions or source.hub else {}
    web = {"web": None} if entry.takes_web else {}
    inspect.signature(entry.reader).bind(**files, **web, **source.read)
    # Files are listed by the hub's patterns or by manifests of an address, never by both.
    assert (bool(source.hub), bool(source.url)) == (bool(source.files), bool(source.editions))
    assert [load_edition(edition, rows=rows).name for edition, rows in source.editions.items()] == [*source.editions]
