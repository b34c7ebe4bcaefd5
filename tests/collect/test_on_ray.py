"""Reading on a Ray cluster; the slow tests run one of two nodes on this machine."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from proguard.collect import sources as sources_folder
from proguard.collect.entry import Entry, make_entry
from proguard.collect.item import Rejected, Skipped, image_hash
from proguard.collect.on_ray import plan_units, read_on_ray, read_unit
from tests.collect.test_image_checks import NO_HEADER, gray_png
from tests.collect.test_run import collect, file_bytes, load_source, small_world
from tests.ray_cluster import marks, two_nodes
from tests.stages.test_collect import run_collect

ADAPTER = '''
"""Reads number words out of JSON files, slowly, and marks where each file is read."""
import json, time
from pathlib import Path
from proguard.sample import make_sample
from proguard.collect.item import Found, Rejected, Skipped, image_hash
from tests.ray_cluster import leave_mark
from tests.collect.test_image_checks import gray_png

def read(*, files, pause_s, marks=None):
    for name, path in files.items():
        if marks is not None:
            leave_mark(Path(marks), name)
        for row, number in enumerate(json.loads(path.read_text()), 1):
            time.sleep(pause_s)
            if number == "fault":
                raise ValueError(f"slow_probe: {name} row {row}: expected a number, found {number!r}")
            yield item(number, name, row)

def item(number, name, row):
    if number % 7 == 0:
        return Rejected(name, row, "empty text", "number")
    if number % 7 == 1:
        return Skipped(name, row, "a rule")
    image = b"no picture" if number % 7 == 2 else gray_png(number % 20)
    sample = make_sample(
        source="slow_probe", modality="text_image", request=f"look {number}", image=image_hash(image), request_label="safe"
    )
    return Found(name, row, sample, image)
'''


@pytest.fixture(scope="module")
def slow_probe(tmp_path_factory: pytest.TempPathFactory):
    """An adapter that is no part of the project."""
    folder = tmp_path_factory.mktemp("adapters")
    (folder / "slow_probe.py").write_text(ADAPTER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources_folder, "__path__", [*sources_folder.__path__, str(folder)])
        yield importlib.import_module("proguard.collect.sources.slow_probe")
    del sys.modules["proguard.collect.sources.slow_probe"]


def make_files(folder: Path, n: int) -> dict[str, Path]:
    """Write ``n`` files of twelve numbers, every third number also in the file before."""
    folder.mkdir(parents=True)
    for i in range(n):
        (folder / f"{i:02d}.json").write_text(json.dumps([i * 8 + k for k in range(12)]))
    return {path.name: path for path in sorted(folder.iterdir())}


def make_source(*, per_file: bool = True, **read: object) -> dict[str, object]:
    settings = {"editions": {}, "url": None, "hub": "people/numbers", "files": ["*.json"], "rows": None}
    return load_source("openai_moderation") | settings | {"per_file": per_file, "read": {"pause_s": 0} | read}


def make_probe(**fields: object) -> Entry:
    return make_entry("source", "slow_probe", make_source(**fields))


def test_plan_units_of_a_per_file_entry_is_one_a_file(slow_probe: ModuleType):
    files = {"a": Path("/1"), "b": Path("/2")}
    assert [unit.files for unit in plan_units(make_probe(), files)] == [{"a": Path("/1")}, {"b": Path("/2")}]
    assert [unit.files for unit in plan_units(make_probe(per_file=False), files)] == [files]


def test_plan_units_paths_hold_in_any_folder(slow_probe: ModuleType):
    (unit,) = plan_units(make_probe(), {"a": Path("cache/a")})
    assert unit.files == {"a": Path.cwd() / "cache/a"}


def test_plan_units_of_an_entry_without_files_is_one():
    (unit,) = plan_units(make_entry("source", "mini_world", load_source("mini_world")), {})
    assert unit.files == {}


def test_read_unit_gives_an_image_once_and_no_bytes_beside_it(tmp_path: Path, slow_probe: ModuleType):
    (tmp_path / "a.json").write_text("[3, 83, 43, 0, 1, 9]")
    (unit,) = plan_units(make_probe(), {"a.json": tmp_path / "a.json"})
    items, images = zip(*read_unit(unit, max_pixels=100), strict=True)
    assert [item.sample.image for item in items[:2]] == [image_hash(gray_png(3))] * 2
    assert [item.image for item in items[:2]] == [None, None]
    assert items[2:] == (
        Skipped("a.json", 3, "a rule"),
        Rejected("a.json", 4, "empty text", "number"),
        Skipped("a.json", 5, "a rule"),
        Rejected("a.json", 6, "undecodable image", NO_HEADER),
    )
    assert [image and image.content for image in images] == [gray_png(3), *[None] * 5]


def test_read_on_ray_without_units_asks_for_no_cluster():
    assert list(read_on_ray([], max_pixels=1, address="127.0.0.1:1")) == []


@pytest.mark.slow
def test_collect_stage_asks_for_the_cluster_of_the_configuration(tmp_path: Path):
    with pytest.raises(ConnectionError, match=r"found 127\.0\.0\.1:1 "):
        run_collect(tmp_path, "runtime.collect.ray.address='127.0.0.1:1'")
    assert not (tmp_path / "collected").exists()


@pytest.fixture(scope="module")
def nodes(slow_probe: ModuleType):
    with two_nodes() as cluster:
        import ray

        # The other processes can't import it.
        ray.cloudpickle.register_pickle_by_value(slow_probe)
        yield cluster
        ray.cloudpickle.unregister_pickle_by_value(slow_probe)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_read_on_ray_raises_what_the_adapter_raised_at_its_turn(tmp_path: Path, nodes):
    for name, content in (("a.json", "[3]"), ("b.json", '[4, "fault"]')):
        (tmp_path / name).write_text(content)
    units = plan_units(make_probe(), {name: tmp_path / name for name in ("a.json", "b.json")})
    read = []
    with pytest.raises(ValueError, match=r"^slow_probe: b\.json row 2: expected a number, found 'fault'$"):
        for items in read_on_ray(units, max_pixels=100, address="auto"):
            read += (item.file for item, _ in items)
    assert read == ["a.json"]


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_collect_sources_on_a_cluster_that_loses_a_node_gives_the_bytes_of_one_machine(tmp_path: Path, nodes):
    make_files(tmp_path / "mirror/slow_probe", 12)
    arguments = {"mirror": tmp_path / "mirror", "max_bad_share": 0.5}
    here = collect({"slow_probe": make_source()} | small_world(), tmp_path / "here", **arguments)
    sources = {"slow_probe": make_source(pause_s=0.06, marks=str(tmp_path / "marks"))} | small_world()

    def is_at_its_second_file() -> bool:
        return sum(nodes.other in where for where in marks(tmp_path / "marks").values()) == 2

    with nodes.kill_other_when(is_at_its_second_file):
        on_ray = collect(sources, tmp_path / "on_ray", ray_address="auto", **arguments)
    assert file_bytes(tmp_path / "on_ray") == file_bytes(tmp_path / "here")
    assert on_ray == here
    assert (here["sources"]["slow_probe"]["rows"], here["sources"]["slow_probe"]["duplicates"] > 0) == (144, True)
    # What the lost node was at was begun again on the one that is left.
    assert any(len(where) == 2 for where in marks(tmp_path / "marks").values())
