"""`proguard compare`: guards of a folder, and runs of MLflow."""

import hashlib
import shutil

import mlflow
import pytest
import yaml
from omegaconf import OmegaConf

from proguard.cli import main
from proguard.compare.runs import RunFiles, check_same, read_stages
from tests.outcomes import answer, draw_test_rows, write_predictions
from tests.tables import write_rows
from tools.closure import ROOT

SKILLS = {"base": 0.3, "proguard": 0.9}
PARAMS = {
    "paths": {"predictions": "data/predictions", "splits": "data/splits", "taxonomy": "data/taxonomy.yaml"},
    "predict": {"guards": list(SKILLS), "test_sets": ["test", "other"]},
    "evaluate": {"n_resamples": 100, "confidence": 0.95, "seed": 0},
    "runtime": {"tracking_uri": None},
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with predictions of two guards on two sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    OmegaConf.save(OmegaConf.create(PARAMS), "params.yaml")
    for folder in ("data/predictions", "data/splits"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "data" / "taxonomy.yaml", "data/taxonomy.yaml")
    for seed, test_set in enumerate(PARAMS["predict"]["test_sets"]):
        rows, _ = draw_test_rows(150, seed=seed)
        write_rows(rows, tmp_path / f"data/splits/{test_set}.parquet")
        for guard, skill in SKILLS.items():
            path = tmp_path / f"data/predictions/{guard}-{test_set}.parquet"
            write_predictions(path, rows, answer(rows, skill=skill, seed=seed))
    return tmp_path


def compare(capsys, *arguments):
    main(["compare", *arguments])
    return capsys.readouterr().out.splitlines()


def fail(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(["compare", *arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("side", ["request", "response"])
def test_guards_of_a_folder_are_compared_on_every_set(project, capsys, side):
    lines = compare(capsys, "base", "proguard", "--side", side)
    assert [line.split(" proguard")[0] for line in lines] == [f"On {side}s of test", f"On {side}s of other"]
    assert all("is better than base" in line and "over 2 sets" in line for line in lines)


def test_guard_is_no_better_than_itself(project, capsys):
    (line,) = compare(capsys, "base", "base", "--sets", "test")
    assert "cannot tell base from base" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("base", "oracle"), "no guard 'oracle'; predict.guards has base, proguard"),
        (("base", "proguard", "--sets", "x"), "no test set 'x'; there are test, other"),
        (("base", "0" * 32), "expected two guards or two runs"),
    ],
)
def test_wrong_names_are_named(project, capsys, arguments, message):
    assert message in fail(capsys, *arguments)


def test_missing_predictions_say_what_makes_them(project, capsys):
    (project / "data/predictions/base-test.parquet").unlink()
    assert "base-test.parquet: missing; `dvc repro`" in fail(capsys, "base", "proguard")


def store(project, path):
    """Put a file into the DVC cache; return its entry of dvc.lock."""
    content = (project / path).read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    place = project / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return {"path": str(path), "hash": "md5", "md5": md5}


def lock_of(project, guard, **changes):
    """Return the dvc.lock of a run whose guard ``proguard`` has the predictions of ``guard``."""
    taxonomy = store(project, "data/taxonomy.yaml")
    maps = {"path": "data/label_maps.yaml", "md5": changes.get("maps", "m")}
    stages = {"taxonomy_map": {"deps": [maps]}}
    for name in PARAMS["predict"]["test_sets"]:
        rows = store(project, f"data/splits/{changes.get('rows', name)}.parquet") | {
            "path": f"data/splits/{name}.parquet"
        }
        outs = store(project, f"data/predictions/{guard}-{name}.parquet") | {
            "path": f"data/predictions/proguard-{name}.parquet"
        }
        stages[f"predict@proguard-{name}"] = {"deps": [taxonomy, rows], "outs": [outs]}
    return {"schema": "2.0", "stages": stages}


def log_run(project, name, lock):
    mlflow.set_tracking_uri(f"sqlite:///{project / 'mlflow.db'}")
    mlflow.set_experiment("proguard")
    with mlflow.start_run(run_name=name, tags={"proguard.metrics": "m"}) as run:
        (project / "dvc.lock").write_text(yaml.safe_dump(lock))
        mlflow.log_artifact("dvc.lock")
    return run.info.run_id


@pytest.mark.slow
def test_runs_are_compared_out_of_the_cache(project, capsys, monkeypatch):
    before, after = (log_run(project, name, lock_of(project, name)) for name in ("base", "proguard"))
    shutil.rmtree(project / "data" / "predictions")
    lines = compare(capsys, before, after)
    assert len(lines) == 2
    assert all("proguard of proguard is better than proguard of base: F1 " in line for line in lines)
    shutil.rmtree(project / ".dvc/cache/files")
    assert "is not in the DVC cache" in fail(capsys, before, after)


@pytest.mark.slow
def test_run_that_there_is_not_is_named(project, capsys, empty_store):
    shutil.copy(empty_store, project / "mlflow.db")
    assert f"run {'0' * 32}: " in fail(capsys, "0" * 32, "1" * 32)


@pytest.mark.parametrize("lock", ["", "[", "- a", "stages: [a]", "stages: {predict: 1}", "\0", "stages:\n\tx: 1"])
def test_damaged_lock_of_a_run_names_the_run(lock, tmp_path):
    (tmp_path / "dvc.lock").write_text(lock)
    with pytest.raises(ValueError, match=r"run a: its dvc\.lock is damaged: ") as raised:
        read_stages(tmp_path / "dvc.lock", "a")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("entry", [{}, {"deps": [{"path": "x/test.parquet"}]}, {"deps": [1]}, {"deps": {"path": "x"}}])
def test_lock_of_a_run_without_a_file_names_both(entry, tmp_path):
    run = RunFiles("a", {"predict@proguard-test": entry}, tmp_path, "m")
    with pytest.raises(ValueError, match=r"run a: its dvc\.lock names no test\.parquet"):
        run.rows("proguard", "test")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"maps": "other"}, "label maps"),
        ({"rows": "other"}, "test set test"),
        ({"metrics": "x"}, "metric code"),
        ({"metrics": None}, "metric code"),
        ({"rows": "other", "maps": "x"}, "test set test, label maps"),
    ],
)
def test_runs_on_other_data_are_refused_and_the_difference_is_named(project, changes, named):
    first, second = (
        RunFiles(name, lock_of(project, "base", **change)["stages"], project, change.get("metrics", "m"))
        for name, change in (("a", {}), ("b", changes))
    )
    with pytest.raises(ValueError, match=f"runs a and b cannot be compared: they differ in {named}; run both on"):
        check_same(first, second, "proguard", ["test", "other"])


def test_two_runs_that_did_not_record_the_metric_code_are_refused(project):
    first, second = (RunFiles(name, lock_of(project, "base")["stages"], project, None) for name in "ab")
    with pytest.raises(ValueError, match="they differ in metric code"):
        check_same(first, second, "proguard", ["test"])
