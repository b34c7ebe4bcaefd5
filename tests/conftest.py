"""How the tests are spread over workers."""

from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

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
