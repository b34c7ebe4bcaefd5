"""How the tests are spread over workers, and the fixtures of more than one file."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.image_server import Server, serve

ROOT = Path(__file__).parents[1]


class Scheduling(LoadFileScheduling):
    """A file's tests run in one worker; so do all files that load the sentence embedding, which takes seconds."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)


@cache
def _scope(file: str) -> str:
    return "embedding" if "MINILM" in (ROOT / file).read_text(encoding="utf-8") else file


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of images."""
    with serve() as served:
        yield served


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables, which take seconds to make."""
    import mlflow

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def long_tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A TMPDIR of 120 characters, as a batch system sets it."""
    folder = tmp_path / ("slurm-" + "x" * (120 - len(str(tmp_path)) - 7))
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    for name in ("RAY_TMPDIR", "VLLM_RPC_BASE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub token of this user."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
