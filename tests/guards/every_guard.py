"""Every guard of conf/guard, opened without a network: texts that are published elsewhere are stood in for."""

from functools import cache

from _pytest.monkeypatch import MonkeyPatch
from omegaconf import OmegaConf

from proguard.guard_entries import texts
from proguard.guard_entries.entry import make_spec
from proguard.guards.families import make_family
from proguard.guards.family import Family
from proguard.guards.spec import GuardSpec
from tests.worlds import taxonomy
from tools.closure import ROOT

FILES = sorted((ROOT / "conf" / "guard").glob("*.yaml"))
NAMES = [file.stem for file in FILES]

STAND_IN = (
    "Task.\n<BEGIN UNSAFE CONTENT CATEGORIES>\nx\n<END UNSAFE CONTENT CATEGORIES>\n"
    "User: {user}%s{{HUMAN_USER}}\nAgent: {agent}%s{{AI_ASSISTANT}}\n{conversation}\n"
)


def load_entry(name: str) -> dict:
    """Return the content of a guard's file."""
    return OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "guard" / f"{name}.yaml"))


@cache
def spec_of(name: str) -> GuardSpec:
    """Return the guard of an entry, its revision pinned and its texts found."""
    entry = load_entry(name)["guards"][name]
    if "weights" in entry:
        entry["weights"]["revision"] = "abc"
    with MonkeyPatch.context() as patch:
        patch.setattr("proguard.guard_entries.entry.find_text", _find_text)
        return make_spec(name, entry, maps=ROOT / "data" / "guard_maps.yaml", taxonomy=taxonomy())


def _find_text(source: str | dict, where: str) -> str:
    return texts.find_text(source, where) if isinstance(source, str) else STAND_IN


def family_of(name: str) -> Family:
    """Return the family of a guard, with its options."""
    return make_family(spec_of(name), name)
