import os
import subprocess
import sys

import pytest

from proguard.runtime.processes import Process, find_dvc, pipeline_process, this_process


def test_process_round_trip():
    assert Process.parse(str(this_process())) == this_process()


@pytest.mark.parametrize("text", ["", "host", "host 1", "host x 1.00", "host 1 1.00 more", "host 1 1"])
def test_parse_of_anything_else_is_none(text):
    assert Process.parse(text) is None


def test_is_alive_until_it_ends_and_not_after_its_pid_comes_again():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    import psutil

    named = Process.of(psutil.Process(process.pid))
    assert named.is_alive()
    assert not Process(named.machine, named.pid, "1.00").is_alive()
    process.communicate(b"\n")
    assert not named.is_alive()


def test_pipeline_of_a_stage_by_hand_is_itself():
    assert find_dvc() is None
    assert pipeline_process() == this_process()


def test_pipeline_of_a_stage_under_dvc_is_the_outermost_dvc(tmp_path):
    dvc = tmp_path / "dvc"
    dvc.write_text(
        "import subprocess, sys, os\nprint(os.getpid(), flush=True)\n"
        "if len(sys.argv) > 1: subprocess.run([sys.executable, __file__, *sys.argv[2:]] if sys.argv[1] == 'again' else"
        " [sys.executable, '-c', 'from proguard.runtime.processes import find_dvc; print(find_dvc().pid)'])\n"
    )
    done = subprocess.run(
        [sys.executable, str(dvc), "again", "stage"], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    outer, _inner, found = done.stdout.split()
    assert found == outer
