"""The pool: the samples that training may draw from, and why others are held back."""

import polars as pl

from proguard.strata import with_label

IS_TESTED = pl.col("split").is_in(["test", "benchmark"]).fill_null(value=False)
IS_TOUCHING = ~IS_TESTED & pl.col("touches").is_not_null()
IS_UNSAFE = pl.any_horizontal(pl.col("request_label", "response_label").eq_missing("unsafe"))
IS_UNMAPPED = ~IS_TESTED & IS_UNSAFE & pl.col("category").is_null()


def select_pool(samples: pl.DataFrame, *, keep_unmapped: bool = True) -> pl.DataFrame:
    """Return what training may draw from, with a column ``label``."""
    is_touching = IS_TOUCHING if "touches" in samples.columns else pl.lit(value=False)
    pool = samples.filter(~IS_TESTED, ~is_touching)
    return with_label(pool if keep_unmapped else pool.filter(~IS_UNMAPPED))
