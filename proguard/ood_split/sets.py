"""The sets that predict and evaluate read: a split, or the part of it of some sources or of one label."""

from collections.abc import Sequence

import polars as pl

from proguard.sample import Label


def select_set(
    samples: pl.DataFrame,
    *,
    name: str,
    split: str,
    sources: Sequence[str] | None = None,
    label: Label | None = None,
) -> pl.DataFrame:
    """Return the samples of a set, sorted by id.

    Args:
        samples: Table with ``id``, ``assigned``, ``source`` and ``label``.
        name: The set's key in the config.
        split: Value of ``assigned``.
        sources: Sources to keep; ``None`` for all.
        label: Label to keep; ``None`` for both.

    Raises:
        ValueError: When nothing is left, or a source has nothing; the message says what there is.
    """
    kept = samples.filter(pl.col("assigned") == split)
    if sources is not None:
        kept = kept.filter(pl.col("source").is_in(list(sources)))
    if label is not None:
        kept = kept.filter(label=label)
    absent = sorted(set(sources or ()) - set(kept["source"]))
    if kept.is_empty() or absent:
        wanted = " ".join(
            [split, *([label] if label else []), *([f"of {', '.join(absent or sources)}"] if sources else [])]
        )
        there = samples.filter(pl.col("assigned").is_not_null()).group_by("assigned", "source", "label").len()
        found = [f"{split} {source} {label} {n}" for split, source, label, n in there.sort(pl.all()).iter_rows()]
        raise ValueError(
            f"ood_split.sets.{name}: no samples ({wanted}); change or remove the set. There are: {', '.join(found)}"
        )
    return kept.sort("id")
