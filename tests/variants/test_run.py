"""All variants of some rows."""

import pytest

from proguard.variant import SUITES
from proguard.variants.modality_honesty import CHANGES
from proguard.variants.policy_drift import DRIFTS
from proguard.variants.run import make_variants
from tests.outcomes import draw_test_rows
from tests.worlds import store_images, taxonomy

BOTH = dict.fromkeys(SUITES, 20)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    rows, images = draw_test_rows(120)
    return rows, store_images(images, tmp_path_factory.mktemp("images"))


def test_make_variants_applies_every_change_under_ids_of_their_own(world):
    rows, images = world
    table = make_variants(rows, taxonomy(), images, n_rows=BOTH, seed=0).table
    assert set(table["change"]) == {*DRIFTS, *CHANGES}
    assert table["id"].is_unique().all()
    assert table["id"].to_list() == sorted(table["id"])
    assert set(table["of"]) <= {row.sample.id for row in rows}
    assert not set(table["id"]) & {row.sample.id for row in rows}


def test_make_variants_holds_the_images_that_are_shown(world):
    rows, images = world
    made = make_variants(rows, taxonomy(), images, n_rows=BOTH, seed=0)
    assert set(made.images) == set(made.table["image"].drop_nulls())


def test_make_variants_does_not_depend_on_the_order_of_rows(world):
    rows, images = world
    first, second = (make_variants(r, taxonomy(), images, n_rows=BOTH, seed=0) for r in (rows, rows[::-1]))
    assert first.table.equals(second.table)
    assert first.images == second.images


def test_variants_of_a_row_do_not_depend_on_how_many_are_drawn(world):
    rows, images = world
    few, many = (
        make_variants(rows, taxonomy(), images, n_rows=dict.fromkeys(SUITES, n), seed=0).table for n in (12, 60)
    )
    same = many.filter(many["id"].is_in(few["id"].implode()))
    assert same.height > few.height / 2
    assert same.equals(few.filter(few["id"].is_in(same["id"].implode())))


def test_suite_without_rows_is_left_out(world):
    rows, images = world
    table = make_variants(rows, taxonomy(), images, n_rows=BOTH | {"policy_drift": 0}, seed=0).table
    assert set(table["suite"]) == {"modality_honesty"}
    assert make_variants(rows, taxonomy(), images, n_rows=dict.fromkeys(SUITES, 0), seed=0).table.is_empty()
