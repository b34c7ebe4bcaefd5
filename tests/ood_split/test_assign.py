from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.assign import assign_splits, take_share, with_code
from proguard.ood_split.leak import check_no_leak
from tests.worlds import LEVELS, other_codes, other_taxonomy, taxonomy

SCHEMA = {
    "id": pl.String(),
    "component": pl.String(),
    "modality": pl.String(),
    "label": pl.String(),
    "category": pl.String(),
    "split": pl.String(),
}
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdefghij"),
        st.sampled_from(list(LEVELS)),
        st.sampled_from([("safe", None), ("unsafe", None), ("unsafe", "C1S1"), ("unsafe", "C5S1"), ("unsafe", "C10")]),
        st.sampled_from([None, None, "train", "test", "benchmark"]),
    ),
    max_size=40,
)


def make(rows):
    """Return a table of (component, modality, (label, category), split)."""
    flat = [(f"{i:04d}", c, m, label, category, split) for i, (c, m, (label, category), split) in enumerate(rows)]
    table = pl.DataFrame(flat, schema=SCHEMA, orient="row")
    return with_code(table, taxonomy(), levels=LEVELS, novel=["C5"])


def assign(table, *, val_share=0.2, test_share=0.2, seed=0):
    return assign_splits(table, val_share=val_share, test_share=test_share, seed=seed)


def outcome(*rows, **shares):
    """Return (assigned, dropped) of each row."""
    return assign(make(rows), **shares).select("assigned", "dropped").rows()


@given(ROWS)
def test_no_group_stands_in_two_splits(rows):
    assigned = assign(make(rows))
    check_no_leak(assigned, ["component"])
    assert assigned.select(pl.col("assigned").is_null() == pl.col("dropped").is_not_null()).to_series().all()


@given(ROWS)
def test_a_source_test_row_keeps_its_split_and_a_train_row_is_never_tested(rows):
    assigned = assign(make(rows))
    assert assigned.filter(split="test")["assigned"].is_in(["test"]).all()
    assert not assigned.filter(split="train")["assigned"].is_in(["test"]).any()


@given(ROWS)
def test_a_benchmark_row_keeps_its_split_and_no_other_is_one(rows):
    assigned = assign(make(rows))
    assert assigned.filter(split="benchmark")["assigned"].is_in(["benchmark"]).all()
    assert assigned.filter(assigned="benchmark")["split"].is_in(["benchmark"]).all()


@given(ROWS)
def test_no_training_row_belongs_with_a_benchmark_row(rows):
    assigned = assign(make(rows))
    trained = assigned.filter(pl.col("assigned").is_in(["train", "val"]))["component"]
    assert not set(trained) & set(assigned.filter(split="benchmark")["component"])


@given(ROWS)
def test_training_holds_nothing_novel_and_nothing_unmapped(rows):
    assigned = assign(make(rows)).filter(assigned="train")
    assert not assigned["is_novel"].any()
    assert assigned.filter(label="unsafe")["code"].null_count() == 0


@given(ROWS, st.randoms())
def test_assign_ignores_order(rows, rng):
    table = make(rows)
    shuffled = table.sort(pl.Series([rng.random() for _ in rows], dtype=pl.Float64()))
    assert assign(shuffled).sort("id").equals(assign(table))


@given(st.integers(1, 120), st.sampled_from([0.0, 0.1, 0.25]), st.sampled_from([0.0, 0.15, 0.3]), st.integers(0, 9))
def test_shares_of_single_rows_are_within_one(n, val_share, test_share, seed):
    rows = [(str(i), "text", ("unsafe", f"C{1 + i % 3}S1"), None) for i in range(n)]
    counts = Counter(split for split, _ in outcome(*rows, val_share=val_share, test_share=test_share))
    assert abs(counts["val"] - val_share * n) <= 1
    assert abs(counts["test"] - test_share * n) <= 1


def test_shares_hold_in_every_stratum():
    rows = [(str(i), m, ("unsafe", f"C{1 + i % 3}S1"), None) for i, m in enumerate([*LEVELS] * 50)]
    assigned = assign(make(rows), val_share=0.1, test_share=0.3)
    sizes = assigned.filter(assigned="test").group_by("modality", "category").len()["len"]
    assert sizes.min() >= 14 and sizes.max() <= 16  # 0.3 of 50, to within one


def test_assign_of_a_train_row_that_touches_a_test_row_is_dropped():
    rows = [("g", "text", ("safe", None), split) for split in ("test", "train", None)]
    assert outcome(*rows) == [("test", None), (None, "touches_test"), ("test", None)]


def test_assign_of_what_belongs_with_a_benchmark_row_is_tested_or_dropped_where_train_is_fixed():
    rows = [("g", "text", ("safe", None), split) for split in ("benchmark", "train", "test", None)]
    assert outcome(*rows) == [("benchmark", None), (None, "touches_benchmark"), ("test", None), ("test", None)]


def test_assign_does_not_depend_on_how_components_are_named():
    rows = [(c, m, ("unsafe", "C1S1"), None) for c in "abcdefghij" for m in LEVELS]
    renamed = [(f"z{ord('z') - ord(c)}", *rest) for c, *rest in rows]
    assert outcome(*rows) == outcome(*renamed)


def test_assign_of_a_novel_row_is_tested_with_its_group_or_dropped_where_train_is_fixed():
    novel, other = ("unsafe", "C5S1"), ("unsafe", "C1S1")
    rows = [("g", "text", novel, None), ("g", "text", other, None), ("h", "text", novel, "train")]
    rows += [("h", "text", other, "train"), ("h", "text", novel, None)]
    expected = [("test", None), ("test", None), (None, "novel"), ("train", None), (None, "novel")]
    assert outcome(*rows, val_share=0, test_share=0) == expected


def test_assign_of_an_unmapped_unsafe_row_is_not_trained_on():
    # The category alone is enough where a category is asked for, and not where a subcategory is.
    rows = [("a", "text", ("unsafe", "C10"), None), ("b", "text_image", ("unsafe", "C10"), None)]
    assert outcome(*rows, val_share=0, test_share=0) == [(None, "unmapped"), ("train", None)]


def test_with_code_takes_level_and_category_from_the_tree():
    known, new = other_taxonomy(), other_codes()
    categories = ["C1S1", "C5", "C5S2", "C8S1", None]
    rows = [(str(i), m, ("unsafe", c), None) for i, (m, c) in enumerate((m, c) for m in LEVELS for c in categories)]
    ours = make(rows)
    recoded = ours.drop("code", "is_novel").with_columns(category=pl.col("category").replace(new))
    others = with_code(recoded, known, levels=LEVELS, novel=[new["C5"]])
    assert others["code"].to_list() == [code and new[code] for code in ours["code"]]
    assert others["is_novel"].to_list() == ours["is_novel"].to_list()
    assert set(others.filter("is_novel")["category"]) == {new["C5"], new["C5S2"]}


def test_with_code_names_a_category_that_the_taxonomy_lacks():
    with pytest.raises(ValueError, match="samples have category C99S1, which the taxonomy lacks: rerun taxonomy_map"):
        make([("a", "text", ("unsafe", "C99S1"), None)])


def test_take_share_spreads_over_the_order():
    taken = take_share([(str(i), 1) for i in range(10)], 0.2)
    assert taken == {"2", "7"}  # after 3 rows 0.6 are due, which rounds to 1; after 8 rows 1.6 are


@given(st.lists(st.integers(1, 9), max_size=40), st.floats(0, 0.9))
def test_take_share_is_exact_to_half_of_the_largest_group(sizes, share):
    taken = take_share([(str(i), size) for i, size in enumerate(sizes)], share)
    held = sum(sizes[int(name)] for name in taken)
    assert abs(held - share * sum(sizes)) <= max(sizes, default=0) / 2 + 1e-9


@pytest.mark.parametrize("shares", [{"val_share": -0.1}, {"val_share": 0.5, "test_share": 0.5}])
def test_assign_refuses_shares_that_leave_nothing(shares):
    with pytest.raises(ValueError, match=r"ood_split.val_share .* expected both in \[0, 1\)"):
        assign(make([]), **shares)
