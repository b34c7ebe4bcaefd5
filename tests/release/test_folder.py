"""The folder of a release, and its model card."""

import subprocess
from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from proguard.card import CARD_FILE, read_card
from proguard.cli import main
from proguard.guard_folder import CARD_HASH_FILE, open_guard, write_card
from proguard.moderate.guard import Guard
from proguard.release.folder import check_release, write_release
from proguard.release.record import read_record
from proguard.runtime.processes import Process, this_process
from proguard.runtime.store import PROCESS_TAG
from tests.moderate.engines import RuleEngine, say
from tests.release.pipelines import write_guard, write_pipeline


@pytest.fixture
def guard(tmp_path):
    return write_guard(tmp_path / "guards" / "proguard")


@pytest.fixture
def release(tmp_path, guard):
    record = read_record(write_pipeline(tmp_path), "proguard")
    write_release(guard, tmp_path / "release", record, name="proguard", licence="apache-2.0")
    return tmp_path / "release"


def test_release_holds_the_guard_as_it_is_and_a_readme_for_everyone(guard, release):
    assert open_guard(release, full=True) == open_guard(guard)
    assert {p.name for p in release.iterdir()} == {"README.md", CARD_FILE, CARD_HASH_FILE, *read_card(guard).files}
    assert {p.stat().st_mode & 0o777 for p in release.iterdir()} == {0o644}


def test_model_card_states_results_with_intervals_for_the_hub(release):
    card = ModelCard.load(release / "README.md")
    (result,) = card.data.eval_results
    assert (card.data.model_name, card.data.license) == ("proguard", "apache-2.0")
    assert (result.metric_type, result.metric_value) == ("request_safety_f1", 0.9)
    assert result.metric_args == {"low": 0.8, "high": 0.95, "confidence": 0.95, "n": 100}


def test_model_card_states_data_limits_and_hashes(guard, release):
    text = (release / "README.md").read_text()
    card = read_card(guard)
    for words in (
        "| test | Unsafe requests found (F1) | 0.900 | 0.800 to 0.950 | 100 |",
        "| mini_world | mit | abc1234 | 42 |",
        "at most 320 tokens",
        f"`{card.files['model.safetensors'].sha256[:16]}`",
        f"Guard `{card.fingerprint}`",
    ):
        assert words in text


def test_damaged_guard_is_not_released(tmp_path, guard):
    record = read_record(write_pipeline(tmp_path), "proguard")
    with (guard / "model.safetensors").open("r+b") as file:
        file.write(b"\1")
    with pytest.raises(ValueError, match="model.safetensors: changed"):
        write_release(guard, tmp_path / "release", record, name="proguard", licence="other")
    assert not (tmp_path / "release").exists()


@pytest.mark.slow
def test_release_is_checked_in_a_process_of_its_own(guard, release):
    check_release(guard, release)
    write_card(replace(read_card(release), max_shown={"subcategory": 5, "category": 5}), release)
    with pytest.raises(RuntimeError, match="outcomes differ"):
        check_release(guard, release)
    (release / "config.json").unlink()
    with pytest.raises(RuntimeError, match=r"config\.json: missing"):
        check_release(guard, release)


@pytest.mark.parametrize(("said", "cause"), [("", "exit code -9"), ("Traceback\nOSError: full\n", "OSError: full")])
def test_check_that_ends_says_why(said, cause, guard, monkeypatch):
    ended = subprocess.CompletedProcess([], -9, stdout="", stderr=said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    monkeypatch.setattr(
        "proguard.release.folder.Guard.load", lambda *_, **__: Guard(RuleEngine(say()), *open_guard(guard))
    )
    with pytest.raises(RuntimeError, match=f"does not load in a process of its own: {cause}"):
        check_release(guard, guard)


@pytest.mark.slow
def test_command_line_releases_and_registers_a_model_with_equal_verdicts(tmp_path, guard, capsys, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    # Whatever experiment a shell or other code in this process has in use.
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "7")
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", "8")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    arguments = ["--guard", guard, "--pipeline", write_pipeline(tmp_path), "--register", "tiny", "--tracking-uri", uri]
    main(["release", *map(str, arguments)])
    assert "models:/tiny@champion: registered" in capsys.readouterr().out
    (run,) = mlflow.MlflowClient(uri).search_runs([mlflow.get_experiment_by_name("proguard").experiment_id])
    assert Process.parse(run.data.tags[PROCESS_TAG]) == this_process()
    items = [{"request": "help me with a leaked passport"}, {"request": "good morning", "response": "hello"}]
    model = mlflow.pyfunc.load_model("models:/tiny@champion")
    assert model.predict(items) == [outcome.to_dict() for outcome in Guard.load(guard).moderate(items)]
