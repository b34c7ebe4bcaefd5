from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.modality_balance.draw import balance_modalities
from proguard.modality_balance.mix import plan_mix
from proguard.modality_balance.report import plot_mix, report_mix
from proguard.modality_balance.supply import check_supply
from proguard.sample import MODALITIES, make_sample
from tests.tables import samples_table

SIZES = {"text": 50, "image": 30, "text_image": 41}
BY = (("source",), ("label", "category"))


def make(sizes, *, source="s", split=None, touches=None):
    """Return a table, every third sample safe, the others of two categories in turn."""
    table = samples_table(
        make_sample(
            source=source,
            modality=modality,
            request=None if modality == "image" else f"{split} {modality} {i}",
            image=None if modality == "text" else f"{split}{modality}{i}",
            request_label="unsafe" if i % 3 else "safe",
            category=f"C{1 + i % 2}S1" if i % 3 else None,
            split=split,
        )
        for modality, n in sizes.items()
        for i in range(n)
    )
    return table.with_columns(component="id", touches=pl.lit(touches, pl.String()))


def balance(samples, **changes):
    settings = {"strategy": "balanced", "total": None, "image_share": 0.1, "mix": None, "keep_unmapped": True}
    return balance_modalities(samples, **settings | {"by": BY, "temperature": 1.0, "seed": 0} | changes)


@pytest.mark.parametrize(
    ("strategy", "total", "expected"),
    [
        ("exact", None, (40, 20, 30)),
        ("exact", 45, (20, 10, 15)),
        ("balanced", None, (30, 30, 30)),  # three times the scarcest
        ("balanced", 70, (24, 23, 23)),  # 23.33 each, the one left to the first
        ("natural", None, (50, 30, 41)),
        ("natural", 60, (25, 15, 20)),  # 24.79, 14.88, 20.33
        ("image_scarce", None, (41, 9, 41)),  # 0.45 T <= 41, so T = 91: 40.95, 9.1, 40.95
        ("image_scarce", 50, (23, 5, 22)),  # 22.5, 5, 22.5, the one left to the first
    ],
)
def test_plan_mix_is_exact(strategy, total, expected):
    asked = {"text_image": 30, "text": 40, "image": 20}
    mix = plan_mix(SIZES, strategy=strategy, total=total, image_share=0.1, mix=asked)
    assert tuple(mix.values()) == expected


@given(st.fixed_dictionaries({m: st.integers(1, 60) for m in SIZES}), st.sampled_from(["balanced", "image_scarce"]))
def test_plan_mix_without_total_never_asks_for_too_much(sizes, strategy):
    mix = plan_mix(sizes, strategy=strategy, total=None, image_share=0.3)
    assert all(0 <= mix[m] <= sizes[m] for m in sizes)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"total": 0}, "nothing to draw from"),
        ({"strategy": "even"}, "strategy: expected balanced, natural, image_scarce or exact, found 'even'"),
        ({"strategy": "exact", "mix": {"text": 3}}, r"modality_balance.mix: expected a number for each .* {'text': 3}"),
        ({"strategy": "exact"}, "modality_balance.mix: expected a number for each .* found None"),
        (
            {"strategy": "image_scarce", "image_share": 1.5},
            r"modality_balance.image_share: expected a share in \[0, 1\]",
        ),
    ],
)
def test_plan_mix_names_the_key_and_what_is_short(settings, message):
    with pytest.raises(ValueError, match=message):
        plan_mix(SIZES, **{"strategy": "balanced", "total": None, "image_share": 0.1} | settings)


def test_check_supply_says_what_is_short_and_what_each_source_has():
    there = [make({"image": 30}, source="a"), make({"image": 5}, source="b", touches="xstest")]
    table = pl.concat([*there, make({"image": 7}, source="a", split="test")])
    asked = {"text": 1, "image": 50, "text_image": 0}
    text = r"text: 1 asked, 0 there, 1 short \(no source has any\)\. "
    image = r"image: 50 asked, 30 there, 20 short \(a 7 tested, 30 there; b 5 in a benchmark\)\. Add a source"
    with pytest.raises(ValueError, match=text + image):
        check_supply(asked, table)


def test_balance_short_of_a_modality_is_refused():
    with pytest.raises(ValueError, match=r"image: 40 asked, 30 there, 10 short \(s 30 there\)"):
        balance(make(SIZES), total=120)


@given(st.fixed_dictionaries({m: st.integers(1, 60) for m in SIZES}), st.data())
def test_balance_exact_draws_the_mix_to_the_row(sizes, data):
    mix = {m: data.draw(st.integers(0 if m != "text" else 1, sizes[m])) for m in MODALITIES}
    temperature = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    drawn = balance(make(sizes), strategy="exact", mix=mix, temperature=temperature)
    assert {m: drawn.filter(modality=m).height for m in MODALITIES} == mix


def test_balance_keeps_the_strata():
    # 60 of 121; text gives 20 of 50, whose strata safe, C1S1, C2S1 hold 17, 16, 17: exactly 6.8, 6.4, 6.8.
    drawn = balance(make(SIZES), total=60).filter(modality="text")
    assert Counter(drawn["category"]) == {None: 7, "C1S1": 6, "C2S1": 7}


@pytest.mark.parametrize(
    ("temperature", "expected"),
    # 30 of 100 + 400 + 4: in proportion 5.95, 23.81, 0.24. By roots 10 + 20 + 2: 9.4, 18.8, 1.9. Evenly 10 each, but c
    # has 4, so the others share 26.
    [(1.0, (6, 24, 0)), (0.5, (9, 19, 2)), (0.0, (13, 13, 4))],
)
def test_balance_temperature_evens_out_sources(temperature, expected):
    table = pl.concat([make({"text": n}, source=name) for name, n in zip("abc", (100, 400, 4), strict=True)])
    drawn = balance(table, strategy="natural", total=30, temperature=temperature)
    assert tuple(drawn.filter(source=name).height for name in "abc") == expected


def test_balance_by_label_at_temperature_0_gives_half_of_each():
    drawn = balance(make({"text": 60}), strategy="natural", total=20, temperature=0, by=[["label"], ["category"]])
    assert Counter(drawn["category"]) == {None: 10, "C1S1": 5, "C2S1": 5}


def test_balance_refuses_a_negative_temperature():
    with pytest.raises(ValueError, match=r"modality_balance.temperature: expected 0 or more, found -1"):
        balance(make(SIZES), temperature=-1)


@pytest.mark.parametrize("split", ["test", "benchmark"])
def test_balance_passes_what_is_only_tested_unchanged(split):
    tested = make(SIZES, split=split, touches="xstest" if split == "test" else None)
    drawn = balance(make(SIZES).vstack(tested), total=9)
    assert drawn.filter(split=split).equals(tested.drop("touches"))
    assert drawn.height == 9 + tested.height


def test_balance_leaves_out_what_touches_a_benchmark():
    touching = make({"text": 20}, source="t", touches="xstest")
    before = make(SIZES).vstack(touching)
    after = balance(before, strategy="natural")
    assert set(after["source"]) == {"s"}
    assert report_mix(before, after)["dropped_touching"] == {"t": 20}
    assert report_mix(before, after)["before"] == report_mix(before, after)["after"]


def test_balance_depends_on_seed_and_not_on_order():
    samples = make(SIZES)
    drawn = balance(samples, total=30)
    assert drawn.equals(balance(samples.reverse(), total=30))
    assert not drawn.equals(balance(samples, total=30, seed=1))
    assert drawn["id"].is_sorted()


def test_report_and_plot_count_training_samples_before_and_after():
    before = make(SIZES).vstack(make(SIZES, split="test"))
    after = balance(before, total=30)
    report = report_mix(before, after)
    assert report["before"]["by_modality"] == SIZES
    assert report["after"]["by_modality_and_source"] == {"text s": 10, "image s": 10, "text_image s": 10}
    assert (report["test_samples"], report["benchmark_samples"]) == (121, 0)
    image = plot_mix(before, after).filter(modality="image")
    assert image.rows() == [("image before", "image", "before", 30), ("image after", "image", "after", 10)]


@pytest.mark.parametrize(("keep_unmapped", "n_unmapped"), [(True, 20), (False, 0)])
def test_balance_draws_unmapped_unsafe_samples_only_on_request(keep_unmapped, n_unmapped):
    mapped, unmapped = make(SIZES), make(SIZES, source="u").with_columns(category=pl.lit(None, pl.String()))
    mix = {"text": 60, "image": 40, "text_image": 50} if keep_unmapped else {"text": 50, "image": 30, "text_image": 41}
    drawn = balance(pl.concat([mapped, unmapped]), strategy="exact", mix=mix, keep_unmapped=keep_unmapped)
    found = drawn.filter(source="u", request_label="unsafe").height
    assert (found >= n_unmapped) if keep_unmapped else (found == n_unmapped)


def test_check_supply_counts_what_has_no_category_apart():
    unmapped = make({"text": 3}).with_columns(category=pl.lit(None, pl.String()))
    with pytest.raises(ValueError, match=r"s 1 there, 2 without a category"):
        check_supply({"text": 2}, unmapped, keep_unmapped=False)
