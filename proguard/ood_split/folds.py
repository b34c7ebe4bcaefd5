"""Folds over the categories: over all of them, each category is novel once, so that no result depends on one choice."""

import random
from collections.abc import Sequence

from proguard.taxonomy import Taxonomy


def choose_novel(
    taxonomy: Taxonomy, *, novel: Sequence[str], fold: int | None, n_folds: int, seed: int
) -> tuple[str, ...]:
    """Return the categories that training never shows, in file order.

    Args:
        novel: Those to take when ``fold`` is ``None``.
        fold: Number of the fold whose categories are novel, in [0, ``n_folds``).
        n_folds: Parts that the categories are divided into, in an order that the seed draws; sizes differ by at most
            one.

    Raises:
        ValueError: When there are more folds than categories or fewer than two, ``fold`` is none of them, or a novel
            code is no category of the taxonomy.
    """
    categories = taxonomy.codes("category")
    if unknown := sorted(set(novel) - set(categories)):
        raise ValueError(
            f"ood_split.novel: expected categories out of {', '.join(categories)}; found {', '.join(unknown)}"
        )
    if fold is None:
        return tuple(code for code in categories if code in novel)
    if not 2 <= n_folds <= len(categories):
        raise ValueError(f"ood_split.n_folds: expected 2 to {len(categories)}, one category each; found {n_folds}")
    if not 0 <= fold < n_folds:
        raise ValueError(f"ood_split.fold: expected null or 0 to {n_folds - 1}, n_folds is {n_folds}; found {fold}")
    shuffled = random.Random(f"{seed} folds").sample(categories, len(categories))
    chosen = set(shuffled[fold::n_folds])
    return tuple(code for code in categories if code in chosen)
