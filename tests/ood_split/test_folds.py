from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.folds import choose_novel
from tests.worlds import taxonomy

CATEGORIES = taxonomy().codes("category")


def choose(*, novel=("C5", "C8"), fold=None, n_folds=5, seed=0):
    return choose_novel(taxonomy(), novel=novel, fold=fold, n_folds=n_folds, seed=seed)


@given(st.integers(2, len(CATEGORIES)), st.integers(0, 9))
def test_each_category_is_novel_in_one_fold(n_folds, seed):
    folds = [choose(fold=k, n_folds=n_folds, seed=seed) for k in range(n_folds)]
    assert Counter(code for fold in folds for code in fold) == dict.fromkeys(CATEGORIES, 1)
    sizes = [len(fold) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


def test_without_a_fold_the_novel_categories_are_those_given():
    assert choose(novel=["C8", "C5"]) == ("C5", "C8")


def test_another_seed_draws_other_folds():
    assert choose(fold=0) != choose(fold=0, seed=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fold": 5}, r"ood_split.fold: expected null or 0 to 4, n_folds is 5; found 5"),
        ({"fold": -1}, "ood_split.fold: .* found -1"),
        ({"fold": 0, "n_folds": 12}, "ood_split.n_folds: expected 2 to 11, one category each; found 12"),
        ({"fold": 0, "n_folds": 1}, "ood_split.n_folds: expected 2 to 11"),
        ({"novel": ["C5S1"]}, "ood_split.novel: expected categories .* found C5S1"),
        ({"novel": ["C99"]}, "ood_split.novel: expected categories .* found C99"),
    ],
)
def test_choose_novel_names_the_key_and_what_it_takes(settings, message):
    with pytest.raises(ValueError, match=message):
        choose(**settings)
