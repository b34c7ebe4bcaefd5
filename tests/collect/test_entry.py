import inspect
from dataclasses import replace

import pytest

from proguard.collect.entry import find_adapter, make_entry, read_entry
from proguard.collect.files.editions import load_edition
from proguard.collect.item import Found, Rejected
from proguard.collect.sources import mini_world
from tests.conf import ENTRIES, load_entry


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


def test_find_adapter_unknown_adapter_names_the_nearest():
    with pytest.raises(ValueError, match=r"k\.adapter: no module 'openai_moderaton' .*mean 'openai_moderation'\?"):
        find_adapter("openai_moderaton", key="k")


@pytest.mark.parametrize(("role", "name"), ENTRIES)
def test_make_entry_of_conf_is_read_by_its_adapter(role: str, name: str):
    entry = make_entry(role, name, load_entry(role, name))
    source = entry.source
    files = {"files": {}} if source.editions or source.hub else {}
    web = {"web": None} if entry.takes_web else {}
    inspect.signature(entry.reader).bind(**files, **web, **source.read)
    # Files are listed by the hub's patterns or by manifests of an address, never by both.
    assert (bool(source.hub), bool(source.url)) == (bool(source.files), bool(source.editions))
    assert [load_edition(edition, rows=rows).name for edition, rows in source.editions.items()] == [*source.editions]


def test_read_entry_label_that_the_adapter_does_not_declare_is_rejected():
    entry = make_entry("source", "mini_world", load_entry("source", "mini_world") | {"rows": None})
    entry = replace(entry, source=replace(entry.source, read=entry.source.read | {"n_train": 60, "n_test": 3}))
    declared, some = list(read_entry(entry, {})), list(read_entry(replace(entry, source_labels=("C1S1",)), {}))
    rejected = [item for item in some if isinstance(item, Rejected)]
    assert len(some) == len(declared) and rejected
    assert {item.reason for item in rejected} == {"unknown label"}
    assert "is not in the adapter's SOURCE_LABELS" in rejected[0].detail
    assert [item for item in declared if isinstance(item, Rejected)] == []


def test_read_entry_of_an_adapter_that_declares_nothing_takes_any_label():
    entry = make_entry("source", "mini_world", load_entry("source", "mini_world"))
    entry = replace(entry, source_labels=None, source=replace(entry.source, read=entry.source.read | {"n_train": 60}))
    assert all(isinstance(item, Found) for item in read_entry(entry, {}))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"hub": "people/walks"}, "hub"),
        ({"hub": "people/walks", "files": ["*.csv"]}, "files, hub"),
        ({"url": "https://example.org", "revision": "main"}, "revision, url"),
        (
            {"hub": "a/b", "files": ["*"], "revision": "main", "url": "u", "editions": {"e": 1}},
            "editions, files, hub, ",
        ),
        ({"files": ["*.csv"], "revision": "main"}, "files, revision"),
    ],
)
def test_make_entry_origin_that_is_not_whole_is_named(settings, found: str):
    with pytest.raises(
        ValueError, match=rf"sources\.world: expected hub, files and revision, or url, .*; found {found}"
    ):
        make_entry("source", "world", {"licence": "mit", "adapter": "mini_world"} | settings)
