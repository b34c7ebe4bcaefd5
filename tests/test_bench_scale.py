import pytest

from benchmarks.scale import STAGES, Measured, Run, report_runs, run_size, show_growth


def made_up(rows: int, seconds: float) -> Run:
    return Run(rows, {stage: Measured(seconds, 2**30, 2 * seconds) for stage in STAGES}, {"rows in quarantine": "0"})


def test_show_growth_is_one_when_time_grows_with_rows():
    runs = [made_up(100, 2.0), made_up(1000, 20.0), made_up(2000, 60.0)]
    # 20 / 2 = 10 for 10 times the rows; 60 / 20 = 3 for twice the rows.
    assert show_growth([2.0, 20.0, 60.0], runs) == ["1.00", "1.50"]


def test_report_runs_has_a_line_for_each_stage_and_finding():
    lines = report_runs([made_up(1000, 2.5)])
    assert lines[0] == "| stage | 1,000 rows |"
    assert "| leakage | 2.5 s, 5.0 s CPU, 1.00 GiB |" in lines
    # 5 stages of 2.5 s.
    assert "| all | 12.5 s, 25.0 s CPU |" in lines
    assert "- rows in quarantine: 0" in lines


@pytest.mark.slow
def test_run_size_goes_through_all_stages(tmp_path):
    run = run_size(tmp_path, rows=6000, image_kb=3, seed=0)
    assert run.findings["rows in quarantine"] == "0"
    # 6,000 of the paper's 87,024 rows: 1,927.4, 2,004.3 and 2,068.4.
    assert run.findings["drawn for training"] == "image 1,927, text 2,004, text_image 2,069"
    assert run.findings["planted rows that touch a benchmark and were drawn"] == "0"
    assert run.findings["components in two splits"] == "0"
    found = run.findings["planted duplicates found"].split(", ")
    assert [part.split()[-3] for part in found] == [part.split()[-1] for part in found]
