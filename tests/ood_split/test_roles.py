from dataclasses import asdict

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.assign import with_code
from proguard.ood_split.roles import with_policy, with_role
from proguard.policy import OOD
from proguard.row import ROW_SCHEMA, rows_of
from proguard.sample import SAMPLE_SCHEMA, make_sample
from tests.worlds import LEVELS, taxonomy

N_SHOWN = {"subcategory": [6, 10], "category": [4, 7]}
CATEGORIES = st.sampled_from([*taxonomy().codes("subcategory"), "C10", None])
ROWS = st.lists(st.tuples(st.sampled_from(list(LEVELS)), CATEGORIES), max_size=30)


def make(rows, *, ood_share=0.3, source="s", assigned="test"):
    """Return a table of (modality, category) with roles; a row without a category is safe."""
    samples = [
        make_sample(
            source=source,
            modality=modality,
            request=None if modality == "image" else f"text {i}",
            image=None if modality == "text" else f"image {i}",
            request_label="unsafe" if category else "safe",
            category=category,
        )
        for i, (modality, category) in enumerate(rows)
    ]
    table = pl.DataFrame([asdict(s) for s in samples], schema=SAMPLE_SCHEMA, orient="row")
    coded = with_code(table, taxonomy(), levels=LEVELS, novel=["C5", "C8"])
    return with_role(coded.with_columns(assigned=pl.lit(assigned)), ood_share=ood_share, seed=0)


def draw(table, *, shuffle_ids=True, seed=0, **changes):
    settings = {"levels": LEVELS, "n_shown": N_SHOWN, "novel": ["C5", "C8"], "hide": "subcategory"} | changes
    drawn = with_policy(table, taxonomy(), shuffle_ids=shuffle_ids, seed=seed, **settings)
    return rows_of(drawn.select(list(ROW_SCHEMA)), taxonomy())


@given(ROWS, st.booleans())
def test_gold_follows_the_role(rows, shuffle_ids):
    for row in draw(make(rows), shuffle_ids=shuffle_ids):
        target = row.target
        if row.role == "free":
            assert target.gold is None
        elif row.role == "shown":
            assert row.policy.code_of(target.gold) == target.category
        else:
            assert target.gold == OOD
            assert target.category not in [code for _, code in row.policy.shown]
            assert (taxonomy().category_of(target.category) in ("C5", "C8")) == (row.role == "novel")


@given(ROWS)
def test_no_policy_lists_a_novel_code(rows):
    for row in draw(make(rows)):
        codes = [code for _, code in row.policy.shown] + list(row.policy.hidden)
        assert not {taxonomy().category_of(code) for code in codes} & {"C5", "C8"}
        low, high = N_SHOWN[LEVELS[row.sample.modality]]
        assert low <= len(row.policy.shown) <= high


@given(ROWS, st.randoms())
def test_rows_ignore_order(rows, rng):
    table = make(rows)
    shuffled = table.drop("role").sort(pl.Series([rng.random() for _ in rows], dtype=pl.Float64()))
    again = with_role(shuffled, ood_share=0.3, seed=0)
    assert draw(again.sort("id")) == draw(table.sort("id"))


@pytest.mark.parametrize(("ood_share", "expected"), [(0.0, 0), (0.3, 9), (0.35, 11), (1.0, 30)])
def test_share_of_hidden_rows_is_exact_in_each_modality(ood_share, expected):
    # 30 rows each: 0.35 of them are 10.5, rounded up.
    table = make([(m, f"C{1 + i % 4}S1") for m in LEVELS for i in range(30)], ood_share=ood_share)
    hidden = table.filter(role="hidden")
    assert [hidden.filter(modality=m).height for m in LEVELS] == [expected] * 3
    sizes = [hidden.filter(modality="text", category=f"C{c}S1").height for c in (1, 2, 3, 4)]
    assert max(sizes) - min(sizes) <= 1


def test_ood_share_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"ood_split.ood_share: expected a share in \[0, 1\], found 2"):
        make([], ood_share=2)


def test_shuffled_ids_show_the_same_categories():
    table = make([("text", "C7S2")] * 9)
    for plain, shuffled in zip(draw(table, shuffle_ids=False), draw(table), strict=True):
        assert {code for _, code in plain.policy.shown} == {code for _, code in shuffled.policy.shown}
        assert all(id_ == code for id_, code in plain.policy.shown)


def test_another_seed_draws_other_policies():
    table = make([("text", "C7S2")])
    assert draw(table, seed=0) != draw(table, seed=1)


@given(ROWS, st.sampled_from(["subcategory", "category"]))
def test_a_hidden_code_is_never_gold(rows, hide):
    for row in draw(make(rows), hide=hide):
        assert row.target.gold not in {row.policy.id_of(code) for code in row.policy.hidden} - {None}
        if row.role in ("hidden", "novel"):
            assert row.policy.id_of(row.target.category) is None


def test_roles_of_a_benchmark_do_not_depend_on_other_benchmarks():
    rows = [("text", f"C{1 + i % 4}S1") for i in range(30)]
    one, other = (make(rows, source=name, assigned="benchmark") for name in ("xstest", "harmbench"))
    both = with_role(pl.concat([one, other]).drop("role"), ood_share=0.3, seed=0)
    assert both.filter(source="xstest").equals(one)
    assert [both.filter(source=name, role="hidden").height for name in ("xstest", "harmbench")] == [9, 9]


def test_with_policy_names_the_level_whose_numbers_are_none():
    with pytest.raises(ValueError, match=r"ood_split.n_shown.category: .* found \[7, 4\]"):
        draw(make([]), n_shown={"subcategory": [6, 10], "category": [7, 4]})
