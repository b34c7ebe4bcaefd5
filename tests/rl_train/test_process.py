import os
import subprocess

import psutil

from proguard.rl_train.process import _end, _own_variables


def is_alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_end_takes_along_what_a_dead_process_left_in_its_group():
    process = subprocess.Popen(
        ["sh", "-c", "sleep 60 >&- & echo $!"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    left = int(process.stdout.read())
    process.wait()
    assert is_alive(left)
    _end(process)
    psutil.wait_procs([psutil.Process(left)] if psutil.pid_exists(left) else [], timeout=5)
    assert not is_alive(left)


def test_end_of_a_process_that_left_nothing_is_quiet():
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait()
    _end(process)
    assert process.returncode == 0


def test_own_variables_leave_out_a_cluster_that_nobody_chose_and_say_so(monkeypatch, caplog):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert "RAY_ADDRESS" not in _own_variables()
    assert "RAY_ADDRESS=10.0.0.1:6379 is not used by rl_train: set runtime.rl.ray_address" in caplog.text


def test_own_variables_without_a_cluster_are_our_environment(monkeypatch, caplog):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert _own_variables() == dict(os.environ)
    assert caplog.text == ""
