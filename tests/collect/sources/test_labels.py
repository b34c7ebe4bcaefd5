"""What every adapter makes of a value that is no label where a label is due."""

from functools import partial
from typing import Any

import pytest

from proguard.collect.item import Found, Labelled, Rejected, Skipped
from proguard.collect.records import parse_row
from proguard.collect.sources import (
    aegis1,
    aegis2,
    beavertails,
    beavertails_v,
    direct_refusal,
    do_not_answer,
    harmbench,
    openai_moderation,
    or_bench,
    proguard_data,
    simple_safety_tests,
    t2i_safety,
    toxic_chat,
    wildguard,
    xstest,
    xstest_response,
)
from tests.collect.sources import (
    test_aegis1,
    test_aegis2,
    test_beavertails,
    test_beavertails_v,
    test_direct_refusal,
    test_do_not_answer,
    test_proguard_data,
    test_t2i_safety,
    test_wildguard,
    test_xstest_response,
)

VALUES = [
    False,
    True,
    7,
    2.5,
    float("nan"),
    float("inf"),
    10**400,
    [],
    ["Violence"],
    {},
    {"a": "Violence"},
    "No",
    "\ud83d",
]
"""None of them is a label of any source."""

HARMBENCH = partial(harmbench.parse_record, select=harmbench.FUNCTIONS, with_context=True)
EVALUATION = "data/animal_abuse/evaluation.parquet"
FLAGS = test_beavertails.make_row(test_beavertails.THEFT)
LABELS = [
    (partial(aegis1.parse_record, needs_caution="unsafe"), test_aegis1.row("Violence", "Violence"), "labels_0"),
    (partial(aegis2.parse_record, keep_redacted=False), test_aegis2.row(), "prompt_label"),
    (partial(aegis2.parse_record, keep_redacted=False), test_aegis2.row(), "violated_categories"),
    (partial(aegis2.parse_record, keep_redacted=False), test_aegis2.row(response="Ask."), "response_label"),
    (beavertails.parse_record, FLAGS, "category"),
    (beavertails_v.parse_record, test_beavertails_v.row_of(), "is_response_safe"),
    (direct_refusal.parse_record, test_direct_refusal.row(), "category"),
    (partial(do_not_answer.parse_record, model="GPT4", leave_out=()), test_do_not_answer.row(), "types_of_harm"),
    (partial(do_not_answer.parse_record, model="GPT4", leave_out=()), test_do_not_answer.row(), "GPT4_harmful"),
    (HARMBENCH, {"Behavior": "ask", "ContextString": "", "FunctionalCategory": "standard"}, "SemanticCategory"),
    (HARMBENCH, {"Behavior": "ask", "ContextString": "", "SemanticCategory": "illegal"}, "FunctionalCategory"),
    (openai_moderation.parse_record, {"prompt": "ask", "V": 0}, "S"),
    (or_bench.parse_record, {"prompt": "ask"}, "category"),
    (proguard_data.parse_record, test_proguard_data.row(), "modality"),
    (proguard_data.parse_record, test_proguard_data.row(), "query_label"),
    (proguard_data.parse_record, test_proguard_data.row(), "response_label"),
    (simple_safety_tests.parse_record, {"prompt": "ask"}, "harm_area"),
    (toxic_chat.parse_record, {"user_input": "ask"}, "toxicity"),
    (wildguard.parse_record, test_wildguard.ROW, "prompt_harm_label"),
    (wildguard.parse_record, test_wildguard.ROW, "response_harm_label"),
    (wildguard.parse_record, test_wildguard.ROW, "subcategory"),
    (xstest.parse_record, {"prompt": "ask", "type": "homonyms"}, "label"),
    (xstest.parse_record, {"prompt": "ask"}, "type"),
    (xstest_response.parse_record, test_xstest_response.ROW, "label"),
    (xstest_response.parse_record, test_xstest_response.ROW, "prompt_type"),
    (xstest_response.parse_record, test_xstest_response.ROW, "prompt_harm_category"),
]
"""How a row is parsed, a good one, and a column that holds a label."""

ABSENT = {"labels_0": "nan", "violated_categories": "nan", "response_label": "nan", "category": "{}"}
"""Value, as a text, that says in a column that there is nothing."""

CASES = [(*label, value) for label in LABELS for value in VALUES if str(value) != ABSENT.get(label[2])]


def parse(parse_record: Any, record: dict[str, Any], *, file: str = EVALUATION) -> Any:
    return parse_row(parse_record, record, file=file, row=1)


@pytest.mark.parametrize(("parse_record", "record", "column", "value"), CASES, ids=lambda value: repr(value)[:12])
def test_parse_record_other_value_than_a_label_is_rejected(parse_record, record, column: str, value: object):
    file = "or-bench-toxic.csv" if parse_record is or_bench.parse_record else EVALUATION
    rejected = parse(parse_record, record | {column: value}, file=file)
    assert isinstance(rejected, Rejected)
    assert rejected.reason in ("unknown label", "wrong type", "not valid Unicode", "unreadable row")


@pytest.mark.parametrize("value", [value for value in VALUES if not isinstance(value, str)], ids=lambda v: repr(v)[:12])
@pytest.mark.parametrize("column", ["original_category", "category"])
def test_parse_record_category_name_of_the_published_data_is_a_text(column: str, value: object):
    record = test_proguard_data.row(original_category=None) | {column: value}
    assert isinstance(parse(proguard_data.parse_record, record), Rejected)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
def test_parse_record_flag_of_a_category_is_a_bool(value: object):
    record = FLAGS | {"category": FLAGS["category"] | {test_beavertails.UNETHICAL: value}}
    assert isinstance(parse(beavertails.parse_record, record), Found if isinstance(value, bool) else Rejected)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
def test_parse_record_of_an_image_never_takes_another_value_for_safe(value: object):
    record = test_t2i_safety.row_of() | {"conversations": [{"from": "assistant", "value": value}]}
    assert isinstance(parse(t2i_safety.parse_record, record), Rejected)
    found = parse(t2i_safety.parse_record, test_t2i_safety.row_of() | {"base_category": value})
    assert isinstance(found, Labelled | Skipped)
