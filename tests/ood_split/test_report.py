import polars as pl

from proguard.ood_split.report import report_split


def test_report_split_counts_what_is_kept_and_what_is_not():
    samples = pl.DataFrame(
        [
            ("a", "g", "text", "safe", None, "free", "train", None, "s"),
            ("b", "g", "text", "unsafe", "C1S1", "shown", "train", None, "s"),
            ("c", "h", "image", "unsafe", "C5S1", "novel", None, "novel", "s"),
        ],
        schema=["id", "component", "modality", "label", "code", "role", "assigned", "dropped", "source"],
        orient="row",
    )
    report = report_split(samples, novel=["C5"])
    assert report["rows"] == {"train": 2}
    assert report["rows_by_modality_label_role"] == {"train text safe free": 1, "train text unsafe shown": 1}
    assert report["rows_by_category"] == {"train C1S1": 1}
    assert report["dropped"] == {"novel": 1}
    assert report["rows_by_source"] == {"train s": 2}
    assert (report["groups"], report["largest_group"], report["novel"]) == (2, 2, ["C5"])
