from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.balance import balance_modalities, plan_mix, plot_mix, report_mix
from proguard.files import samples_table
from proguard.sample import make_sample

SIZES = {"text": 50, "image": 30, "text_image": 41}


def make(sizes, *, split=None):
    """Return a table, every third sample safe, the others of two categories in turn."""
    return samples_table(
        make_sample(
            source="s",
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


def balance(samples, *, strategy="balanced", total=None, image_share=0.1, seed=0):
    return balance_modalities(samples, strategy=strategy, total=total, image_share=image_share, seed=seed)


@pytest.mark.parametrize(
    ("strategy", "total", "expected"),
    [
        ("balanced", None, (30, 30, 30)),  # three times the scarcest
        ("balanced", 70, (24, 23, 23)),  # 23.33 each, the one left to the first
        ("natural", None, (50, 30, 41)),
        ("natural", 60, (25, 15, 20)),  # 24.79, 14.88, 20.33
        ("image_scarce", None, (41, 9, 41)),  # 0.45 T <= 41, so T = 91: 40.95, 9.1, 40.95
        ("image_scarce", 50, (23, 5, 22)),  # 22.5, 5, 22.5, the one left to the first
    ],
)
def test_plan_mix_is_exact(strategy, total, expected):
    mix = plan_mix(SIZES, strategy=strategy, total=total, image_share=0.1)
    assert tuple(mix.values()) == expected


@given(st.fixed_dictionaries({m: st.integers(1, 60) for m in SIZES}), st.sampled_from(["balanced", "image_scarce"]))
def test_plan_mix_without_total_never_asks_for_too_much(sizes, strategy):
    mix = plan_mix(sizes, strategy=strategy, total=None, image_share=0.3)
    assert all(0 <= mix[m] <= sizes[m] for m in sizes)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"total": 120}, "strategy balanced: image: 40 asked, 30 there, 10 short; lower total"),
        ({"total": 150}, "image: 50 asked, 30 there, 20 short; text_image: 50 asked, 41 there, 9 short"),
        ({"total": 0}, "nothing to draw from"),
        ({"strategy": "even"}, "modality_balance.strategy: expected balanced, natural or image_scarce, found 'even'"),
        (
            {"strategy": "image_scarce", "image_share": 1.5},
            r"modality_balance.image_share: expected a share in \[0, 1\]",
        ),
    ],
)
def test_plan_mix_names_the_key_and_what_is_short(settings, message):
    with pytest.raises(ValueError, match=message):
        plan_mix(SIZES, **{"strategy": "balanced", "total": None, "image_share": 0.1} | settings)


def test_balance_keeps_the_strata():
    # 60 of 121; text gives 20 of 50, whose strata safe, C1S1, C2S1 hold 17, 16, 17: exactly 6.8, 6.4, 6.8.
    drawn = balance(make(SIZES), total=60).filter(modality="text")
    assert Counter(drawn["category"]) == {None: 7, "C1S1": 6, "C2S1": 7}


def test_balance_passes_the_test_set_unchanged():
    test = make(SIZES, split="test")
    drawn = balance(make(SIZES).vstack(test), total=9)
    assert drawn.filter(split="test").equals(test)
    assert drawn.height == 9 + test.height


def test_balance_depends_on_seed_and_not_on_order():
    samples = make(SIZES)
    drawn = balance(samples, total=30)
    assert drawn.equals(balance(samples.reverse(), total=30))
    assert not drawn.equals(balance(samples, total=30, seed=1))
    assert drawn["id"].is_sorted()


def test_report_and_plot_count_training_samples_before_and_after():
    before = make(SIZES).vstack(make(SIZES, split="test"))
    after = balance(before, total=30)
    assert report_mix(before, after)["before"]["by_modality"] == SIZES
    assert report_mix(before, after)["test_samples"] == 121
    image = plot_mix(before, after).filter(modality="image")
    assert image.rows() == [("image before", "image", "before", 30), ("image after", "image", "after", 10)]
