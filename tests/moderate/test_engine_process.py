"""An engine in a process of its own: what it says and raises, and what happens when either process ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial

import psutil
import pytest

from proguard.inference.engine import Completion, PromptTooLongError, Query
from proguard.moderate.engine_process import EngineProcess
from tools.closure import ROOT

HELLO = Query([{"role": "user", "content": "hello"}])


class Echo:
    """Answers with its process, or does what a query says."""

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        if queries[0].id == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if queries[0].id == "long":
            raise PromptTooLongError([0, 2], 7)
        return [Completion(str(os.getpid())) for _ in queries]


def load(error=None):
    if error:
        raise error
    return Echo()


@pytest.fixture
def engine():
    engine = EngineProcess(load)
    yield engine
    engine.close()


def test_completions_come_from_another_process(engine):
    said = engine.complete([HELLO, HELLO])
    assert len(said) == 2
    assert {completion.text for completion in said}.isdisjoint({str(os.getpid())})
    assert engine.complete([HELLO])[0] == said[0]


def test_error_of_the_engine_is_raised_as_it_is(engine):
    with pytest.raises(PromptTooLongError, match="2 prompts have more than 7 tokens") as caught:
        engine.complete([Query("-", id="long")])
    assert caught.value.indices == {0, 2}
    assert engine.complete([HELLO])


def test_error_of_loading_is_raised_as_it_is():
    with pytest.raises(ValueError, match="no weights"):
        EngineProcess(partial(load, ValueError("no weights")))


def test_process_that_is_killed_fails_its_call_and_is_replaced(engine):
    before = engine.complete([HELLO])[0].text
    with pytest.raises(RuntimeError, match="the engine's process has ended"):
        engine.complete([Query("-", id="die")])
    assert engine.complete([HELLO])[0].text != before


def test_process_ends_with_a_killed_parent():
    code = (
        "import time\n"
        "from proguard.moderate.engine_process import EngineProcess\n"
        "from tests.moderate.test_engine_process import HELLO, load\n"
        "print(EngineProcess(load).complete([HELLO])[0].text, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    deadline = time.monotonic() + 10
    with contextlib.suppress(psutil.NoSuchProcess):
        while child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            time.sleep(0.05)
