"""Every label that an adapter declares has a meaning in data/label_maps.yaml, for every entry that the adapter reads."""

import pkgutil

import pytest

from proguard.collect import sources as sources_folder
from proguard.collect.entry import find_adapter, make_entry
from proguard.taxonomy_map.label_map import load_label_maps
from tests.conf import ENTRIES, load_entry
from tests.worlds import taxonomy
from tools.closure import ROOT

MAPS = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(sources_folder.__path__)))
def test_adapter_declares_its_labels(name: str):
    adapter = find_adapter(name, key="k")
    assert hasattr(adapter, "SOURCE_LABELS"), f"declare SOURCE_LABELS in {adapter.__file__}: () when it gives none"


@pytest.mark.parametrize(("role", "name"), ENTRIES)
def test_labels_of_an_entry_are_those_of_its_label_map(role: str, name: str):
    declared, mapped = make_entry(role, name, load_entry(role, name)).source_labels, set(MAPS.get(name, {}))
    if declared is None:
        assert mapped, f"data/label_maps.yaml: add {name}"
        return
    missing, unknown = sorted(set(declared) - mapped), sorted(mapped - set(declared))
    assert missing == [], f"data/label_maps.yaml: {name}: add these labels, or the name of another source's map"
    # A source of codes has a map of all codes, whichever of them it gives.
    assert unknown == [] or mapped == {node.code for node in taxonomy()}, f"no adapter gives these labels: {unknown}"
