"""Terms by modality and role, worked out by hand, and which rollouts are kept."""

import json
from dataclasses import replace

import polars as pl
import pytest

from proguard.rl_train.rollouts import TERMS, Rollout, Terms
from proguard.rl_train.samples import KEPT_GROUPS, is_sampled, sample_rollouts, write_samples
from proguard.rl_train.terms import CELL_SCHEMA, term_cells, term_curves, write_terms
from tests.worlds import draw_rows

ROWS = draw_rows(60)[0]
TEXT = next(r for r in ROWS if r.sample.modality == "text" and r.role == "hidden")
IMAGE = next(r for r in ROWS if r.sample.modality == "image" and r.role == "hidden")


def rollout(row, group, category):
    terms = Terms(1.0, 1.0, 1.0, category, 0.0)
    return Rollout(group, row.sample.id, row.role, row.target, "answer", 2.0 + category, terms)


ROLLOUTS = [rollout(TEXT, "0", 0.0), rollout(TEXT, "0", 0.5), rollout(IMAGE, "1", 1.0), rollout(IMAGE, "1", 1.0)]


def test_term_cells_are_means_by_modality_and_role_and_count_flat_groups():
    image, text = term_cells(7, ROLLOUTS)
    assert (image["step"], image["modality"], image["role"]) == (7, "image", "hidden")
    assert (image["groups"], image["flat_groups"], image["category"], image["reward"]) == (1, 1, 1.0, 3.0)
    assert (text["groups"], text["flat_groups"], text["category"], text["rollouts"]) == (1, 0, 0.25, 2)
    assert list(text) == list(CELL_SCHEMA)
    assert term_cells(7, ROLLOUTS[::-1]) == [image, text]


def test_term_curves_are_by_modality_and_by_role():
    curves = term_curves(ROLLOUTS)
    assert curves["category/text"] == 0.25
    assert curves["category/image"] == 1.0
    # (0 + 0.5 + 1 + 1) / 4
    assert curves["category/hidden"] == 0.625
    assert {name.split("/")[0] for name in curves} == {"reward", *TERMS}


def test_write_terms_has_the_columns_of_the_schema(tmp_path):
    write_terms(term_cells(1, ROLLOUTS), tmp_path)
    table = pl.read_csv(tmp_path / "terms.csv")
    assert table.columns == list(CELL_SCHEMA)
    assert table["category"].to_list() == [1.0, 0.25]


def test_is_sampled_takes_the_first_every_nth_and_the_last_step():
    assert [step for step in range(1, 26) if is_sampled(step, every=10, steps=25)] == [1, 10, 20, 25]
    assert [step for step in (1, 2) if is_sampled(step, every=10, steps=2)] == [1, 2]


def test_sample_rollouts_keeps_whole_groups_without_prompts(tmp_path):
    many = [replace(one, group=str(g)) for g in range(9) for one in ROLLOUTS[:2]]
    samples = sample_rollouts(3, many)
    assert [line["group"] for line in samples] == [g for g in range(KEPT_GROUPS) for _ in range(2)]
    write_samples(samples, tmp_path)
    first = json.loads((tmp_path / "rollouts.jsonl").read_text().splitlines()[0])
    assert (first["step"], first["id"], first["role"], first["gold"]) == (3, TEXT.sample.id, "hidden", "OOD")
    assert (first["completion"], first["reward"], first["category"]) == ("answer", 2.0, 0.0)
    assert first["true_category"] == TEXT.target.category
    assert TEXT.sample.request not in json.dumps(samples)


@pytest.mark.parametrize("n", [0, 1])
def test_write_samples_of_few_rollouts(n, tmp_path):
    write_samples(sample_rollouts(1, ROLLOUTS[:n]), tmp_path)
    assert len((tmp_path / "rollouts.jsonl").read_text().splitlines()) == n
