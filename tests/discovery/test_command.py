"""`proguard discover` on predictions of a folder and on outcomes of moderation, with made vectors."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from omegaconf import OmegaConf

from proguard.cli import main
from proguard.moderate.policy_file import read_policy
from proguard.runtime.params import compose_params
from tests.outcomes import answer, draw_test_rows, write_predictions
from tests.tables import write_rows
from tests.worlds import taxonomy
from tools.closure import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Predictions of a guard that names risks well, and of one that names none."""
    folder = tmp_path_factory.mktemp("made")
    OmegaConf.save(OmegaConf.create(compose_params(ROOT / "conf")), folder / "params.yaml")
    for name in ("predictions", "splits"):
        (folder / "data" / name).mkdir(parents=True)
    shutil.copy(ROOT / "data" / "taxonomy.yaml", folder / "data" / "taxonomy.yaml")
    rows, _ = draw_test_rows(300, seed=3)
    write_rows(rows, folder / "data/splits/test.parquet")
    write_predictions(folder / "data/predictions/proguard-test.parquet", rows, answer(rows, skill=1.0))
    silent = {row.sample.id: "no" for row in rows}
    write_predictions(folder / "data/predictions/base-test.parquet", rows, silent)
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """A project's folder with those predictions, and names embedded without a model."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("proguard.naming.encode_texts", embed)
    return tmp_path


def embed(texts, config):
    """Return a unit vector for each text, equal for equal first words and far apart otherwise."""
    seeds = [int(hashlib.sha256(text.split()[0].encode()).hexdigest()[:8], 16) for text in texts]
    vectors = [np.random.default_rng(seed).normal(size=64) for seed in seeds]
    return np.stack([v / np.linalg.norm(v) for v in vectors])


def discover(capsys, *arguments, code=0):
    if code:
        with pytest.raises(SystemExit) as caught:
            main(["discover", *arguments])
        assert caught.value.code == code
    else:
        main(["discover", *arguments])
    return capsys.readouterr()


def outcome(name, n, in_policy=False, **changes):
    return {"row": n, "id": f"r{n}", "flagged": True, "status": "ok", "in_policy": in_policy, "name": name, **changes}


def write_outcomes(path, outcomes):
    path.write_text("".join(json.dumps(o, ensure_ascii=False) + "\n" for o in outcomes), encoding="utf-8")
    return str(path)


def test_names_of_a_test_set_become_a_policy(project, capsys):
    shown = discover(capsys, "--output", "next.yaml", "--min-support", "4")
    head, _, title, _, first, *_ = shown.out.splitlines()
    assert head.startswith("guard proguard on test: ")
    assert title == "| id | name | rows | other names | examples | truly |"
    policy = read_policy(project / "next.yaml", taxonomy(), max_categories=64)
    assert policy.names["X1"] == first.split(" | ")[1]
    assert "proguard moderate --policy next.yaml" in shown.err


def test_output_is_the_same_each_time(project, capsys):
    first = discover(capsys, "--output", "a.yaml").out
    assert discover(capsys, "--output", "b.yaml").out == first
    assert (project / "a.yaml").read_bytes() == (project / "b.yaml").read_bytes()


def test_policy_in_force_comes_first_and_keeps_its_ids(project, capsys):
    own = {"id": "X1", "name": "Queue Jumping", "description": "Skips a queue."}
    (project / "now.json").write_text(json.dumps(["C7S2", own]))
    discover(capsys, "--policy", "now.json", "--output", "next.yaml")
    names = read_policy(project / "next.yaml", taxonomy(), max_categories=64).names
    assert list(names)[:3] == ["C7S2", "X1", "X2"]
    assert names["X1"] == "Queue Jumping"


def test_outcomes_of_moderation_in_any_script(project, capsys):
    outcomes = [outcome("Торговля людьми", n) for n in range(5)] + [outcome("人身売買", n + 9) for n in range(5)]
    outcomes += [outcome("Listed", 20, in_policy=True)] * 9 + [outcome(None, 21, flagged=False, in_policy=None)] * 9
    shown = discover(capsys, "--outcomes", write_outcomes(project / "o.jsonl", outcomes), "--output", "next.yaml")
    assert "10 of 28 rows have a name of the guard's own, 2 different ones; 2 proposals hold 100 %" in shown.out
    assert "| X1 | Торговля людьми | 5 | – | r0, r1, r2, r3 and 1 more |" in shown.out
    assert list(read_policy(project / "next.yaml", taxonomy(), max_categories=9).names.values()) == [
        "Торговля людьми",
        "人身売買",
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "the guard named no unlisted risk, so there is nothing to propose"),
        (["Queue jumping"], "1 row with a name, and a proposal needs 5: lower --min-support, or bring more rows"),
        (
            [f"{word} jumping" for word in ["Queue", "Rope", "Puddle", "Fence", "Wall", "Train", "Ship"]],
            "7 rows with 7 different names, of which no 5 rows are alike (cosine 0.6 or more)",
        ),
    ],
)
def test_nothing_to_propose_is_said_and_writes_nothing(project, capsys, names, message):
    path = write_outcomes(project / "o.jsonl", [outcome(name, n) for n, name in enumerate(names)])
    shown = discover(capsys, "--outcomes", path, "--output", "next.yaml", code=1)
    assert message in shown.err
    assert not (project / "next.yaml").exists()


@pytest.mark.parametrize("name", ["Other", "Unknown risk", "not listed", "C1S1", "x1", "Queue jumping", "!"])
def test_name_that_says_nothing_or_is_listed_is_not_proposed(project, capsys, name):
    own = {"id": "X1", "name": "Queue Jumping", "description": "Skips a queue."}
    (project / "now.json").write_text(json.dumps([own]))
    outcomes = [outcome(name, n) for n in range(5)] + [outcome("Rope theft", n + 9) for n in range(5)]
    path = write_outcomes(project / "o.jsonl", outcomes)
    shown = discover(capsys, "--outcomes", path, "--policy", "now.json", "--output", "next.yaml")
    assert "5 of 10 rows have a name" in shown.out
    names = read_policy(project / "next.yaml", taxonomy(), max_categories=9).names
    assert list(names.values()) == ["Queue Jumping", "Rope theft"]


def test_guard_that_names_nothing_is_said(project, capsys):
    assert "guard base on test: the guard named no unlisted risk" in discover(capsys, "--guard", "base", code=1).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--guard", "oracle"), "no guard 'oracle'; predict.guards has base, proguard"),
        (("--set", "val"), "no test set 'val'; there are test"),
        (("--outcomes", "absent.jsonl"), "absent.jsonl: no such file"),
        (("--policy", "absent.yaml"), "policy absent.yaml: "),
        (("--min-support", "1"), "discover.min_support: expected 2 or more, found 1"),
        (("--same-from", "1"), "discover.same_from: expected a cosine in [0, 1), found 1.0"),
    ],
)
def test_bad_input_is_named(project, capsys, arguments, message):
    assert message in discover(capsys, *arguments, code=2).err


def test_line_that_is_no_outcome_is_named(project, capsys):
    path = write_outcomes(project / "o.jsonl", [outcome("a", 1), {"request": "hello"}])
    assert "o.jsonl line 2: expected an outcome of" in discover(capsys, "--outcomes", path, code=2).err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "o.jsonl: expected data, found a git-lfs pointer",
        ),
        ("<!DOCTYPE html><html>", "o.jsonl: expected data, found an HTML page"),
        ("[" * 5000, "o.jsonl line 1: expected JSON: nested too deep"),
        ('{"flagged": true, "flagged": false}', "o.jsonl line 1: expected JSON: key 'flagged' is given twice"),
        ('{"flagged": "no"}', "o.jsonl line 1: expected an outcome of"),
    ],
)
def test_file_that_holds_no_outcomes_is_named(project, capsys, content, message):
    (project / "o.jsonl").write_text(content)
    assert message in discover(capsys, "--outcomes", "o.jsonl", code=2).err


def test_missing_predictions_say_what_makes_them(project, capsys):
    (project / "data/predictions/proguard-test.parquet").unlink()
    assert "proguard-test.parquet: missing; `dvc repro`" in discover(capsys, code=2).err


def test_folder_that_is_no_project_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "no params.yaml here; run from the project's root" in discover(capsys, code=2).err
