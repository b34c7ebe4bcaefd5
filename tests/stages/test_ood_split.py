from pathlib import Path

import polars as pl
import pytest
import yaml

from proguard.row import read_rows
from proguard.storage.files import read_json
from tests.stages.scripts import DATA_STAGES, make_config, run_data_stages, run_script, written
from tests.worlds import LEVELS, other_codes, other_taxonomy, taxonomy, write_taxonomy

pytestmark = pytest.mark.slow


def run(folder: Path, known=None, **changes):
    """Return the rows of each set, under a taxonomy that is not the project's if ``known`` is given."""
    config = make_config(folder, **changes)
    run_data_stages(config)
    return {path.stem: read_rows(path, known or taxonomy()) for path in sorted(Path(config.paths.splits).iterdir())}


def turn_texts_into_a_benchmark(config):
    """Give the linked texts of the test set the role of a benchmark."""
    path = Path(config.paths.linked) / "samples.parquet"
    is_benchmark = (pl.col("split") == "test") & (pl.col("modality") == "text")
    source = pl.when(is_benchmark).then(pl.lit("xstest")).otherwise("source")
    split = pl.when(is_benchmark).then(pl.lit("benchmark")).otherwise("split")
    pl.read_parquet(path).with_columns(source=source, split=split).write_parquet(path)


def test_data_stages_write_what_dvc_expects_and_no_more(tmp_path):
    run(tmp_path)
    assert {Path(name).relative_to("data").as_posix() for name in written(tmp_path)} == {
        "mapped/samples.parquet",
        "mapped/votes.parquet",
        "mapped/confusion.parquet",
        "linked/samples.parquet",
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
    assert not {taxonomy().category_of(r.sample.category) for r in training if r.sample.category} & {"C5", "C8"}
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


def test_ood_split_of_a_fold_trains_on_none_of_its_categories(tmp_path):
    sets = run(tmp_path, ood_split={"fold": 3, "n_folds": 4})
    novel = set(read_json(tmp_path / "data/summaries/ood_split.json")["novel"])
    assert len(novel) in (2, 3)
    assert not {taxonomy().category_of(r.sample.category) for r in sets["train"] if r.sample.category} & novel
    assert {taxonomy().category_of(r.sample.category) for r in sets["test"] if r.role == "novel"} == novel


@pytest.mark.parametrize("hide", ["subcategory", "category"])
def test_ood_split_of_a_taxonomy_with_other_codes_trains_on_nothing_novel(hide, tmp_path):
    known, new = other_taxonomy(), other_codes()
    write_taxonomy(known, tmp_path / "taxonomy.yaml")
    labels = {old: new[old] for old in taxonomy().codes("subcategory")}
    (tmp_path / "maps.yaml").write_text(yaml.safe_dump({"mini_world": labels}, allow_unicode=True))
    novel = {new["C5"], new["C8"]}
    given = {"taxonomy": str(tmp_path / "taxonomy.yaml"), "label_maps": str(tmp_path / "maps.yaml")}
    sets = run(tmp_path, known, paths=given, ood_split={"novel": sorted(novel), "hide": hide})
    training = sets["train"] + sets["val"]
    assert not {known.category_of(r.sample.category) for r in training if r.sample.category} & novel
    assert {known.category_of(r.sample.category) for r in sets["test"] if r.role == "novel"} == novel
    for row in (row for rows in sets.values() for row in rows):
        codes = {code for _, code in row.policy.shown}
        assert codes <= set(known.codes(LEVELS[row.sample.modality]))
        assert not {known.category_of(code) for code in codes.union(row.policy.hidden)} & novel
        assert (row.target.category in codes) == (row.role == "shown")


def test_ood_split_writes_a_benchmark_as_a_set_and_trains_on_none_of_it(tmp_path):
    wanted = {"bench_safe": {"split": "benchmark", "sources": ["xstest"], "label": "safe", "shuffle_ids": False}}
    run_data_stages(make_config(tmp_path))
    config = make_config(tmp_path, ood_split={"sets": wanted})
    turn_texts_into_a_benchmark(config)
    for stage in ("modality_balance", "ood_split"):
        run_script(stage, config)
    rows = {path.stem: read_rows(path, taxonomy()) for path in Path(config.paths.splits).iterdir()}
    assert {r.sample.source for r in rows["bench_safe"]} == {"xstest"}
    assert {r.sample.is_unsafe for r in rows["bench_safe"]} == {False}
    groups = {r.sample.group for name in ("train", "val") for r in rows[name]}
    linked = pl.read_parquet(Path(config.paths.linked) / "samples.parquet")
    assert not groups & set(linked.filter(split="benchmark")["group"])


def test_ood_split_refuses_a_set_that_gets_no_rows(tmp_path):
    wanted = {"bench": {"split": "benchmark", "shuffle_ids": False}}
    with pytest.raises(ValueError, match="ood_split.sets.bench: no samples .benchmark.; .*train mini_world safe"):
        run(tmp_path, ood_split={"sets": wanted})
