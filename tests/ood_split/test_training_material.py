import polars as pl

from proguard.ood_split.training_material import FEWEST_ROWS, report_training
from proguard.sample import LABELS, MODALITIES
from tests.worlds import other_codes, other_taxonomy, taxonomy


def make_rows(*kinds):
    """Return a table with ``n`` rows of each kind: modality, label, category, n."""
    rows = [(m, label, code) for m, label, code, n in kinds for _ in range(n)]
    names = ("modality", "label", "category")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def enough(tree):
    """Return rows of which nothing is scarce."""
    unsafe = [(m, "unsafe", code, FEWEST_ROWS) for m in MODALITIES for code in tree.codes("subcategory")]
    return [*unsafe, *((m, "safe", None, 1) for m in MODALITIES)]


def test_report_training_counts_a_row_for_its_subcategory_and_its_category():
    rows = make_rows(("text", "unsafe", "C7S2", 2), ("image", "unsafe", "C7S1", 1), ("text_image", "unsafe", "C7", 4))
    counts = report_training(rows, taxonomy(), novel=())["by_category_and_modality"]
    assert counts["C7S2"] == {"text": 2}
    assert counts["C7"] == {"text": 2, "image": 1, "text_image": 4}
    assert counts["C1"] == {}


def test_report_training_counts_every_modality_and_label():
    counts = report_training(make_rows(("text", "safe", None, 3)), taxonomy(), novel=())["by_modality_and_label"]
    assert counts == {f"{m} {label}": 3 * (m == "text" and label == "safe") for m in MODALITIES for label in LABELS}


def test_report_training_of_enough_rows_warns_of_nothing():
    assert report_training(make_rows(*enough(taxonomy())), taxonomy(), novel=())["warnings"] == []


def test_report_training_warns_of_a_modality_without_a_label_or_without_rows():
    rows = [kind for kind in enough(taxonomy()) if kind[0] == "text" or (kind[0], kind[1]) == ("text_image", "unsafe")]
    warnings = report_training(make_rows(*rows), taxonomy(), novel=())["warnings"]
    assert warnings == [
        "no training row of modality image: the guard learns nothing about it",
        "no safe training row of modality text_image: the guard can learn to call all of it unsafe; "
        "add a source that has some",
    ]


def test_report_training_warns_of_scarce_categories_of_any_spelling_and_not_of_novel_ones():
    tree, code = other_taxonomy(), other_codes()
    left_out = {code["C4S1"], code["C8S1"], code["C8S2"], code["C8S3"]}
    rows = [kind for kind in enough(tree) if kind[2] not in left_out]
    rows.append(("image", "unsafe", code["C4S1"], FEWEST_ROWS - 1))
    assert report_training(make_rows(*rows), tree, novel=[code["C8"]])["warnings"] == [
        f"subcategories with fewer than {FEWEST_ROWS} training rows, hardly learnt: {code['C4S1']} {FEWEST_ROWS - 1}"
    ]
    assert report_training(make_rows(*rows), tree, novel=[])["warnings"][0] == (
        f"categories with fewer than {FEWEST_ROWS} training rows, hardly learnt: {code['C8']} 0"
    )
