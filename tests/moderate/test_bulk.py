import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proguard.moderate import bulk
from proguard.moderate.bulk import moderate_file
from proguard.moderate.guard import Guard
from proguard.runtime.lock import exclusive
from proguard.storage.journal import Journal
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


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Return the input of a run that stopped after its first row."""
    monkeypatch.setattr(bulk, "WINDOW_ROWS", 1)
    source = write_lines(tmp_path / "in.jsonl", {"request": "1"}, {"request": "poison"})
    with pytest.raises(RuntimeError):
        run(source, FailingEngine(rule, poison="poison"))
    return source


def other_input(source):
    write_lines(source, {"request": "2"}, {"request": "3"}, {"request": "4"})
    return guard(), None, ()


CHANGES = {
    "input": other_input,
    "policy": lambda _: (guard(), ["C2S2"], ()),
    "guard": lambda _: (Guard(RuleEngine(rule), make_guard_card(origin={"base": "other"}), taxonomy()), None, ()),
    "choice of --explain": lambda _: (guard(), None, ["reasoning"]),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_unfinished_run_is_not_taken_up_by_one_about_something_else(stopped, changed):
    used, policy, hidden = CHANGES[changed](stopped)
    output = stopped.with_name("out.jsonl")
    with pytest.raises(ValueError, match=f"an unfinished run had another {changed}; .* delete") as raised:
        moderate_file(stopped, output, used, used.policy(policy), hidden=hidden)
    Path(str(raised.value).partition("delete ")[2].removesuffix(" to start again")).unlink()
    moderate_file(stopped, output, used, used.policy(policy), hidden=hidden)
    assert [r["row"] for r in read(output)][:2] == [1, 2]


def test_unfinished_runs_of_outputs_with_like_names_do_not_meet(stopped):
    moderate_file(stopped, stopped.with_name("out"), guard(), guard().policy())


def test_input_that_changes_while_it_is_read_makes_no_output(source):
    def touch(text):
        os.utime(source, ns=(1, 1))
        return rule(text)

    with pytest.raises(ValueError, match="changed while it was read"):
        run(source, RuleEngine(touch))
    assert not source.with_name("out.jsonl").exists()


def test_full_disk_says_what_to_do_and_loses_nothing(source, monkeypatch):
    monkeypatch.setattr(bulk, "WINDOW_ROWS", 2)
    append, calls = Journal.append, []

    def fill(journal, records):
        calls.append(1)
        if len(calls) == 2:
            journal._file.write(b'{"row": 3, "half')
            journal._file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")
        append(journal, records)

    monkeypatch.setattr(Journal, "append", fill)
    with pytest.raises(OSError, match=r"No space left on device: make room .* goes on at row 3"):
        run(source)
    _, output = run(source)
    assert [r["row"] for r in read(output)] == [1, 2, 3, 4, 5]


def test_second_process_on_an_output_is_refused_whatever_it_is_about(source):
    with exclusive(source.with_name(".out.jsonl")), pytest.raises(RuntimeError, match="another process"):
        run(source, hidden=["reasoning"])


@pytest.mark.parametrize(("output", "message"), [("", "a folder"), ("in.jsonl", "in the input"), ("x/o", None)])
def test_output_is_a_file_outside_of_the_input(source, output, message):
    place = source.parent / output
    if message is None:
        moderate_file(source, place, guard(), guard().policy())
        assert len(read(place)) == 5
        return
    with pytest.raises(ValueError, match=message):
        moderate_file(source, place, guard(), guard().policy())


def test_output_in_the_folder_that_is_judged_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(RED)
    with pytest.raises(ValueError, match="lies in the input"):
        moderate_file(tmp_path, tmp_path / "sub" / "out.jsonl", guard(), guard().policy())


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
