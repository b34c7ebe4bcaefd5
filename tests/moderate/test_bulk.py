import json
import os
import signal
import subprocess
import sys
import time

import pytest

from proguard.moderate import bulk
from proguard.moderate.bulk import moderate_file
from proguard.moderate.guard import Guard
from tests.moderate.engines import FailingEngine, RuleEngine, say
from tests.moderate.test_bulk_input import write_lines
from tests.moderate.test_item import RED
from tests.worlds import make_guard_card, taxonomy
from tools.closure import ROOT


def rule(text):
    return say("unsafe", None, "C2S2") if "bad" in text else "hm" if "odd" in text else say()


def guard(engine=None):
    return Guard(engine or RuleEngine(rule), make_guard_card(), taxonomy(), batch_size=4)


@pytest.fixture
def source(tmp_path):
    return write_lines(
        tmp_path / "in.jsonl",
        {"id": "a", "request": "good"},
        b"{\n",
        {"id": "c", "request": "bad"},
        {"id": "d", "request": "odd"},
        {"id": "e", "request": "x" * 3000},
    )


def read(output):
    return [json.loads(line) for line in output.read_bytes().split(b"\n")[:-1]]


def run(source, engine=None, **options):
    output = source.with_name("out.jsonl")
    used = guard(engine)
    return moderate_file(source, output, used, used.policy(), **options), output


def test_moderate_file_writes_a_line_per_row_in_order(source):
    counts, output = run(source)
    records = read(output)
    assert [(r["row"], r.get("id"), r["status"], r["flagged"]) for r in records] == [
        (1, "a", "ok", False),
        (2, None, "bad_input", True),
        (3, "c", "ok", True),
        (4, "d", "malformed", True),
        (5, "e", "too_long", True),
    ]
    assert counts == {"safe": 1, "unsafe": 1, "no_verdict": 2, "bad_input": 1}


def test_moderate_file_leaves_only_the_output(source):
    run(source)
    assert {p.name for p in source.parent.iterdir()} == {"in.jsonl", "out.jsonl"}


def test_moderate_file_leaves_hidden_keys_out(source):
    _, output = run(source, hidden=["reasoning"])
    assert "reasoning" not in read(output)[0]


def test_moderate_file_goes_on_where_a_failed_run_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "WINDOW_ROWS", 2)
    source = write_lines(
        tmp_path / "in.jsonl", *({"request": r} for r in ("1", "2", "3", "poison", "poison", "poison"))
    )
    with pytest.raises(RuntimeError, match="engine failed: RuntimeError on each of 2 rows from row 5"):
        run(source, FailingEngine(rule, poison="poison"))
    assert not (tmp_path / "out.jsonl").exists()
    engine = RuleEngine(rule)
    _, output = run(source, engine)
    assert sum(engine.batches) == 2
    assert [r["status"] for r in read(output)] == ["ok", "ok", "ok", "incomplete", "ok", "ok"]


def test_moderate_file_of_another_policy_starts_afresh(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "WINDOW_ROWS", 1)
    source = write_lines(tmp_path / "in.jsonl", {"request": "1"}, {"request": "poison"})
    with pytest.raises(RuntimeError):
        run(source, FailingEngine(rule, poison="poison"))
    engine, output = RuleEngine(rule), tmp_path / "out.jsonl"
    used = guard(engine)
    moderate_file(source, output, used, used.policy(["C2S2"]))
    assert sum(engine.batches) == 2


def test_windows_end_at_the_bytes_of_their_images(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "WINDOW_BYTES", 2 * len(RED))
    for i in range(5):
        (tmp_path / f"{i}.png").write_bytes(RED)
    windows = list(bulk._windows(bulk.read_rows(tmp_path)))
    assert [len(window) for window in windows] == [2, 2, 1]


SLOW_RUN = """
import sys, time
from pathlib import Path
from tests.moderate import test_bulk
test_bulk.bulk.WINDOW_ROWS = 3
def rule(text):
    time.sleep(float(sys.argv[2]))
    return test_bulk.rule(text)
test_bulk.run(Path(sys.argv[1]), test_bulk.RuleEngine(rule))
"""


@pytest.mark.slow
def test_moderate_file_killed_at_any_moment_ends_in_the_same_file(tmp_path):
    lines = [{"id": i, "request": ["good", "bad", "odd"][i % 3] + str(i)} for i in range(60)]
    expected = run(write_lines(tmp_path / "in.jsonl", *lines))[1].read_bytes()
    (tmp_path / "out.jsonl").unlink()
    command = [sys.executable, "-c", SLOW_RUN, str(tmp_path / "in.jsonl")]
    for seconds in (0.5, 0.3):
        process = subprocess.Popen([*command, "0.05"], cwd=ROOT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(tmp_path.glob(".out.jsonl.*.journal")):
            time.sleep(0.05)
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "out.jsonl").exists()
    subprocess.run([*command, "0"], cwd=ROOT, check=True)
    assert (tmp_path / "out.jsonl").read_bytes() == expected
