"""A damaged file of the project is one line of the command that reads it: its name, the cause, exit code 2."""

import shutil

import polars as pl
import pytest
import yaml

from proguard.cli import main
from proguard.runtime.params import compose_params
from tests.outcomes import answer, draw_test_rows, write_predictions
from tests.release.pipelines import write_pipeline
from tests.tables import write_rows
from tools.closure import ROOT

RUN = "0" * 32


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with rows and predictions of two guards, and what a release reads."""
    folder = write_pipeline(tmp_path_factory.mktemp("made"))
    params = compose_params(ROOT / "conf", ["paths.summaries=summaries"])
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    shutil.copytree(ROOT / "conf", folder / "conf")
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "taxonomy.yaml", folder / "data")
    rows, _ = draw_test_rows(20, seed=3)
    for place in ("splits/test", "splits/train"):
        write_rows(rows, folder / f"data/{place}.parquet")
    for guard in ("base", "proguard"):
        write_predictions(folder / f"data/predictions/{guard}-test.parquet", rows, answer(rows, skill=1.0))
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fail(capsys, command):
    with pytest.raises(SystemExit) as caught:
        main(command.split(" "))
    said = capsys.readouterr().err
    assert (caught.value.code, said.count("\n")) == (2, 1), said
    return said


PARAMS = {
    "empty": (b"", "missing"),
    "open list": (b"[", "flow"),
    "list": (b"- a\n", "expected settings by key, found a list"),
    "number": (b"5\n", ""),
    "binary": (b"\0\1", "special characters"),
    "latin-1": ("a: é".encode("latin-1"), "utf-8"),
    "key twice": (b"a: 1\na: 2\n", "found duplicate key a"),
    "reference to nothing": (b"a: ${b}\n", "'b' not found"),
    "sections of another type": (b"{paths: 5, predict: [], discover: a, profile: {}}", "missing"),
}


READERS = ("compare base proguard", f"compare {RUN} {RUN}", "discover", "release", "params")


@pytest.mark.parametrize(
    ("command", "content", "cause"),
    # `proguard params` compares keys, and says which are absent.
    [(c, *p) for c in READERS for p in PARAMS.values() if (c, p[1]) != ("params", "missing")],
)
def test_damaged_params_are_named(command, content, cause, project, capsys):
    (project / "params.yaml").write_bytes(content)
    said = fail(capsys, command)
    assert f"proguard {command.split(' ')[0]}: params.yaml: damaged: " in said
    assert cause in said
    assert "`proguard params --write` composes it from conf/" in said


@pytest.mark.parametrize(
    ("command", "key", "value", "message"),
    [
        ("compare base proguard", "evaluate", {"n_resamples": 0}, "evaluate.n_resamples: expected a whole number"),
        ("compare base proguard", "predict", {"guards": None}, "predict.guards: expected a list"),
        ("discover", "discover", {"min_support": "x"}, "discover.min_support: expected a whole number of at least 2"),
        ("discover", "similarity", {"nosuch": 1}, "similarity.nosuch: no such setting"),
        ("release", "evaluate", {"confidence": 2}, "evaluate.confidence: expected a number in (0, 1), found 2"),
        ("release --dataset", "collect", {"sources": 5}, "collect.sources: expected settings below it, found 5"),
    ],
)
def test_params_of_wrong_values_are_named(command, key, value, message, project, capsys):
    params = yaml.safe_load((project / "params.yaml").read_text())
    params[key] |= value
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    assert message in fail(capsys, command)


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("compare base proguard --sets test", "data/predictions/base-test.parquet"),
        ("compare base proguard --sets test", "data/splits/test.parquet"),
        ("discover", "data/predictions/proguard-test.parquet"),
        ("discover", "data/splits/test.parquet"),
        ("lab", "data/splits/train.parquet"),
    ],
)
@pytest.mark.parametrize("damage", ["empty", "page", "cut", "other columns", "absent", "folder"])
def test_damaged_table_is_named(command, file, damage, project, capsys):
    path = project / file
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "other columns":
        pl.DataFrame({"id": [1], "nosuch": ["a"]}).write_parquet(path)
    elif damage != "absent":
        path.write_bytes({"empty": b"", "page": b"<!doctype html>", "cut": content[: len(content) // 2]}[damage])
    assert f"{file}: {'missing' if damage == 'absent' else 'damaged'}" in fail(capsys, command)


@pytest.mark.parametrize("file", ["metrics.json", "summaries/collect.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", "5", '{"sources": 5, "proguard": {"test": {}}}'])
def test_damaged_record_of_a_release_is_named(file, content, project, capsys):
    (project / file).write_text(content)
    said = fail(capsys, "release")
    assert f"{file}: damaged: " in said
    assert "run `dvc repro`" in said


@pytest.mark.parametrize("file", ["taxonomy_map", "leakage", "ood_split"])
@pytest.mark.parametrize("content", ["", "[]", "{}", None])
def test_damaged_summary_of_a_data_set_is_named(file, content, project, capsys):
    for name in ("taxonomy_map", "leakage", "ood_split"):
        shutil.copy(ROOT / f"data/summaries/{name}.json", project / "summaries")
    path = project / f"summaries/{file}.json"
    path.unlink() if content is None else path.write_text(content)
    said = fail(capsys, "release --dataset")
    assert f"summaries/{file}.json: {'missing' if content is None else 'damaged'}" in said


@pytest.mark.parametrize("command", ["plan", "params", "lab", "rotate"])
@pytest.mark.parametrize(("content", "cause"), [(b"[", "flow"), (b"a: \xe9", "utf-8")])
def test_damaged_conf_is_named(command, content, cause, project, capsys):
    (project / "conf" / "reward" / "strict.yaml").write_bytes(content)
    said = fail(capsys, command)
    assert "conf" in said
    assert cause in said


@pytest.mark.parametrize("command", ["plan", "params", "lab", "rotate"])
def test_conf_of_another_type_is_named(command, project, capsys):
    (project / "conf" / "reward" / "strict.yaml").write_text("- a\n")
    with pytest.raises(SystemExit) as caught:
        main([command])
    assert caught.value.code == 2
    assert "reward: expected settings below it, found ['a']" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"[", b"- a", b"guards: 5", b"guards: {a: 5}"])
def test_damaged_guard_of_conf_is_named(content, project, capsys):
    (project / "conf" / "guard" / "llama_guard_4.yaml").write_bytes(content)
    assert "conf/guard/llama_guard_4.yaml: damaged: " in fail(capsys, "guards")


@pytest.mark.parametrize("content", ["", "[", "- a", "stages: 5"])
def test_damaged_pipeline_is_named(content, project, capsys):
    (project / "dvc.yaml").write_text(content)
    assert "proguard rotate: dvc.yaml: damaged: " in fail(capsys, "rotate")


def test_rotation_without_git_is_named(project, monkeypatch, capsys):
    shutil.copy(ROOT / "dvc.yaml", project)
    monkeypatch.setenv("PATH", str(project))
    assert "git: No such file or directory; a fold is a clone of the project" in fail(capsys, "rotate")
