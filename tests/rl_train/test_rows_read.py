"""Which number of rows verl's log tells."""

import pytest

from proguard.rl_train.train import check_rows_read

LINE = "\x1b[36m(TaskRunnerV1 pid=7)\x1b[0m dataset len: {}\n"


def write(tmp_path, *numbers):
    log = tmp_path / "verl-0.log"
    log.write_text("starts\n" + "".join(LINE.format(n) for n in numbers))
    return log


@pytest.mark.parametrize("numbers", [[24], [24, 24]])
def test_check_rows_read_of_the_number_that_was_written_is_quiet(numbers, tmp_path):
    check_rows_read(write(tmp_path, *numbers), 24)


@pytest.mark.parametrize(("numbers", "found"), [([23], "'23'"), ([24, 20], "'20'"), ([], "no number")])
def test_check_rows_read_of_another_number_is_an_error(numbers, found, tmp_path):
    with pytest.raises(RuntimeError, match=f"expected verl to read 24 rows, found .*{found}.* in .*verl-0.log"):
        check_rows_read(write(tmp_path, *numbers), 24)
