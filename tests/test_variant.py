"""Variants as a table, and a taxonomy in other words."""

from dataclasses import replace

import polars as pl

from proguard.storage.files import write_table
from proguard.taxonomy import Node
from proguard.variant import VARIANT_SCHEMA, Variant, members, read_variants, reword, write_record
from tests.worlds import draw_rows, taxonomy

MERGED = Node("C7S2 + C8S1", "Two in one", "Both.", ("a", "b"), "C7")


def test_reword_replaces_nodes_in_place_and_appends_new_codes():
    renamed = replace(taxonomy()["C7S2"], name="Other title")
    new = reword(taxonomy(), [MERGED, renamed])
    assert new["C7S2"].name == "Other title"
    assert [node.code for node in new] == [*(node.code for node in taxonomy()), MERGED.code]
    assert taxonomy()["C7S2"].name == "Extremism and Terrorism"


def test_members_of_a_merged_code_are_both():
    assert members("C7S2 + C8S1", taxonomy()) == {"C7S2", "C8S1"}
    assert members("C7S2", taxonomy()) == {"C7S2"}


def test_variants_are_read_as_they_were_written(tmp_path):
    rows, _ = draw_rows(9)
    row = next(r for r in rows if r.role == "shown" and r.sample.modality == "text")
    records = [
        write_record(row, (), of="a", suite="policy_drift", change="reordered", carrier=None),
        write_record(row, [MERGED], of="a", suite="policy_drift", change="merged", carrier="words"),
    ]
    write_table(pl.DataFrame(records, schema=VARIANT_SCHEMA, orient="row"), tmp_path / "rows.parquet")
    plain, merged = read_variants(tmp_path / "rows.parquet", taxonomy())
    assert plain == Variant(row, "a", "policy_drift", "reordered", None, taxonomy())
    assert (merged.row, merged.carrier, merged.taxonomy[MERGED.code]) == (row, "words", MERGED)
