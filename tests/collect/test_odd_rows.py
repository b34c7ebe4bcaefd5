"""Whatever the adapter: a column that holds any other value than it should is a row in quarantine, or makes no odds."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from proguard.collect.entry import Entry, make_entry, read_entry
from proguard.collect.image_checks import check_images
from proguard.collect.image_shards import ImageShards
from proguard.collect.intake import quarantine_table, take_in
from tests.collect.sources import (
    test_aegis1,
    test_aegis2,
    test_beavertails,
    test_direct_refusal,
    test_do_not_answer,
    test_guard_reasoner,
    test_guard_reasoner_vl,
    test_llava_cc3m,
    test_proguard_data,
    test_t2i_safety,
    test_xstest_response,
)
from tests.conf import load_entry

VALUES = [
    None,
    True,
    7,
    10**400,
    1e308,
    "",
    "No",
    "\ud83d",
    "\x00\u2028\x85",
    [],
    ["a", None],
    [["a"]],
    {},
    {"a": {"b": []}},
    [{"role": "user", "content": "\udc00"}],
    [{"from": "gpt", "value": {}}],
]

HARMBENCH = {"Behavior": "ask", "ContextString": "", "FunctionalCategory": "standard", "SemanticCategory": "illegal"}

ROWS: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("source", "aegis1"): ("a_train_release_0.jsonl", test_aegis1.row("Violence", "Violence", "Safe")),
    ("source", "aegis2_train"): ("train.json", test_aegis2.row(response="Ask.", response_label="safe")),
    ("benchmark", "beavertails"): ("test.jsonl", test_beavertails.make_row(test_beavertails.THEFT)),
    ("source", "direct_refusal"): ("train.jsonl", test_direct_refusal.row(category={"self_harm": True})),
    ("source", "do_not_answer"): ("train.jsonl", test_do_not_answer.row()),
    ("source", "guard_reasoner"): ("AegisTrainR.json", test_guard_reasoner.row(response="Ask a locksmith.")),
    ("source", "guard_reasoner_vl"): ("list.json", test_guard_reasoner_vl.row_of("Request: harmful")),
    ("source", "llava_cc3m"): ("chat.json", test_llava_cc3m.row_of()),
    ("source", "proguard_data"): ("a.jsonl", test_proguard_data.row()),
    ("source", "t2i_safety"): ("hf_train_toxicity_privacy_real.json", test_t2i_safety.row_of()),
    ("benchmark", "xstest_response"): ("a.jsonl", test_xstest_response.ROW),
    ("benchmark", "openai_moderation"): ("a.jsonl", {"prompt": "ask", "S": 1, "V": 0}),
    ("benchmark", "harmbench"): ("a.jsonl", HARMBENCH),
    ("benchmark", "simple_safety_tests"): ("a.jsonl", {"prompt": "ask", "harm_area": "Child Abuse"}),
    ("benchmark", "toxic_chat"): ("a.jsonl", {"user_input": "ask", "toxicity": 1}),
    ("benchmark", "xstest"): ("a.jsonl", {"prompt": "ask", "type": "homonyms", "label": "safe"}),
}
"""An entry by role and name, with the name of a file that its adapter reads, and a row of it."""


def odd_rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the row with each value in each column, and without each column."""
    changed = [row | {column: value} for column in row for value in VALUES]
    return changed + [{name: value for name, value in row.items() if name != column} for column in row]


def write_files(name: str, rows: list[dict[str, Any]], folder: Path) -> dict[str, Path]:
    """Write the rows, and the images that those of images name."""
    (folder / "rows").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "red.png").write_bytes(test_t2i_safety.draw("red"))
    files = {name: folder / "rows", "image/red.png": folder / "red.png"}
    if name in ("AegisTrainR.json", "train.json"):
        return {name: folder / "rows"}
    for archive in ("images.zip", "train.zip", "test.zip") if name != "list.json" else ():
        with zipfile.ZipFile(folder / archive, "w") as zipped:
            for entry in ("GCC_red.jpg", "train/red.png")[: 2 if archive != "test.zip" else 0]:
                zipped.write(folder / "red.png", entry)
        files[archive] = folder / archive
    return files if name.endswith(".json") else {name: folder / "rows"}


def make(role: str, name: str) -> Entry:
    settings = load_entry(role, name)
    if "limit" in settings.get("read", {}):
        settings["read"] |= {"limit": None}
    return make_entry(role, name, settings)


@pytest.mark.parametrize(("role", "name"), ROWS)
def test_read_entry_odd_values_never_end_it(role: str, name: str, tmp_path: Path):
    file, row = ROWS[role, name]
    rows = [row, *odd_rows(row)]
    items = list(read_entry(make(role, name), write_files(file, rows, tmp_path)))
    shards = ImageShards(tmp_path / "images")
    intake = take_in(check_images(items, known=shards, max_pixels=10**6, workers=1), shards=shards)
    n_items = len(items) // len(rows)
    assert len(items) == n_items * len(rows)
    assert intake.samples.height > 0
    assert len(intake.rejected) >= n_items * len(VALUES) / 2
    assert quarantine_table({name: intake}).height == len(intake.rejected)
