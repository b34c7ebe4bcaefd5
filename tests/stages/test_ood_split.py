from pathlib import Path

from proguard.row import read_rows
from proguard.taxonomy import category_of
from tests.stages.scripts import DATA_STAGES, make_config, run_data_stages, written


def run(folder: Path, **changes):
    config = make_config(folder, **changes)
    run_data_stages(config)
    return {path.stem: read_rows(path) for path in sorted(Path(config.paths.splits).iterdir())}


def test_data_stages_write_what_dvc_expects_and_no_more(tmp_path):
    run(tmp_path)
    assert {Path(name).relative_to("data").as_posix() for name in written(tmp_path)} == {
        "mapped/samples.parquet",
        "mapped/votes.parquet",
        "balanced/samples.parquet",
        *(f"splits/{name}.parquet" for name in ("train", "val", "test")),
        *(f"summaries/{stage}.json" for stage in DATA_STAGES),
        "balanced/mix.csv",
    }


def test_data_stages_write_equal_bytes_whatever_the_order_of_samples(tmp_path):
    run_data_stages(make_config(tmp_path / "a"))
    run_data_stages(make_config(tmp_path / "b"), reverse=True)
    assert written(tmp_path / "a") == written(tmp_path / "b")


def test_ood_split_keeps_novel_categories_and_tested_groups_out_of_training(tmp_path):
    sets = run(tmp_path)
    training = sets["train"] + sets["val"]
    assert not {category_of(r.sample.category) for r in training if r.sample.category} & {"C5", "C8"}
    assert {r.role for r in training} == {"free", "shown", "hidden"}
    assert {r.role for r in sets["test"]} == {"free", "shown", "hidden", "novel"}
    train, val, test = ({r.sample.group for r in sets[name]} for name in ("train", "val", "test"))
    assert not train & val and not train & test and not val & test


def test_ood_split_sets_of_one_split_differ_in_ids_only(tmp_path):
    wanted = {name: {"split": "test", "shuffle_ids": name == "shuffled"} for name in ("plain", "shuffled")}
    sets = run(tmp_path, ood_split={"sets": wanted})
    plain, shuffled = sets["plain"], sets["shuffled"]
    assert [r.sample for r in plain] == [r.sample for r in shuffled]
    for a, b in zip(plain, shuffled, strict=True):
        assert {code for _, code in a.policy.shown} == {code for _, code in b.policy.shown}
    assert plain != shuffled
