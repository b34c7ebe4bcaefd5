import subprocess

import psutil

from proguard.rl_train.process import _end


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
