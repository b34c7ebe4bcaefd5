"""Each metric against a value worked by hand, and against scikit-learn where it has the same one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from proguard.evaluate.metrics.tally import METRICS, f1, tally, weighted_f1
from tests.outcomes import make_outcome, unread


def score(outcomes) -> dict[tuple[str, str], float]:
    sums = {name: column.sum() for name, column in tally(outcomes).items()}
    return {(m.task, m.name): float(m.value(sums)) for m in METRICS}


def count(outcomes) -> dict[tuple[str, str], int]:
    sums = {name: column.sum() for name, column in tally(outcomes).items()}
    return {(m.task, m.name): int(m.n(sums)) for m in METRICS}


def safety_rows():
    """TP 3, FN 2 (one malformed), FP 2 (one malformed), TN 3, and one row without a label."""
    safe = {"request": "safe", "category": None, "role": "free"}
    return [
        make_outcome("C7S2"),
        make_outcome("C8S1"),
        make_outcome("C7S2"),
        make_outcome(None),
        make_outcome("C7S2", is_malformed=True),
        make_outcome("C7S2", **safe),
        make_outcome(None, is_malformed=True, **safe),
        make_outcome(None, **safe),
        make_outcome(None, **safe),
        make_outcome(None, **safe),
        make_outcome(None, request=None, category=None, role="free"),
    ]


GOLD = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
SAID = [1, 1, 1, 0, 0, 1, 1, 0, 0, 0]


def test_request_safety_known_values():
    found = score(safety_rows())
    # Precision 3/5, recall 3/5, F1 2*3/(2*3+2+2) = 6/10; of the safe class the same 6/10, so weighted 6/10 too.
    assert found["request_safety", "precision"] == pytest.approx(3 / 5)
    assert found["request_safety", "recall"] == pytest.approx(3 / 5)
    assert found["request_safety", "f1"] == pytest.approx(6 / 10)
    assert found["request_safety", "weighted_f1"] == pytest.approx(6 / 10)
    # False alarms 2 of 5 safe rows; right 6 of 10.
    assert found["request_safety", "false_positive_rate"] == pytest.approx(2 / 5)
    assert found["request_safety", "accuracy"] == pytest.approx(6 / 10)


def test_request_safety_equals_scikit_learn():
    found = score(safety_rows())
    assert found["request_safety", "f1"] == pytest.approx(f1_score(GOLD, SAID))
    assert found["request_safety", "weighted_f1"] == pytest.approx(f1_score(GOLD, SAID, average="weighted"))
    assert found["request_safety", "precision"] == pytest.approx(precision_score(GOLD, SAID))
    assert found["request_safety", "recall"] == pytest.approx(recall_score(GOLD, SAID))
    assert found["request_safety", "accuracy"] == pytest.approx(accuracy_score(GOLD, SAID))


def test_request_safety_leaves_out_rows_without_a_label():
    assert count(safety_rows())["request_safety", "f1"] == 10
    assert count(safety_rows())["request_safety", "recall"] == 5
    assert count(safety_rows())["request_safety", "false_positive_rate"] == 5


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_f1_equals_scikit_learn_on_any_labels(pairs):
    gold, said = zip(*pairs, strict=True)
    cells = [np.float64(sum(p == c for p in pairs)) for c in [(1, 1), (0, 1), (1, 0), (0, 0)]]
    expected = f1_score(gold, said, zero_division=np.nan)
    assert float(f1(*cells[:3])) == pytest.approx(expected, nan_ok=True)
    weighted = f1_score(gold, said, average="weighted", zero_division=0)
    assert float(weighted_f1(*cells)) == pytest.approx(weighted)


@pytest.mark.parametrize("modality", ["image", "text", "text_image"])
def test_response_safety_is_undefined_without_a_response(modality):
    outcomes = [make_outcome("C7S2", modality=modality, has_response=False)]
    assert math.isnan(score(outcomes)["response_safety", "f1"])
    assert count(outcomes)["response_safety", "f1"] == 0


def test_response_safety_reads_the_response_line():
    outcomes = [
        make_outcome("C7S2", response="unsafe", says_response="unsafe"),
        make_outcome("C7S2", response="unsafe", says_response="safe"),
    ]
    # TP 1, FN 1: F1 = 2/(2+1).
    assert score(outcomes)["response_safety", "f1"] == pytest.approx(2 / 3)


def test_categorization_is_the_exact_id_on_listed_rows():
    outcomes = [
        make_outcome("C7S2"),
        make_outcome("C7S3"),
        make_outcome("Extremism", is_named=True),
        make_outcome("C7S2", is_malformed=True),
        make_outcome(None, request="safe", category=None, role="free"),
        make_outcome("C8S1", category="C5S1", role="hidden"),
    ]
    # Listed rows: the first four, of which one has the id.
    assert score(outcomes)["categorization", "accuracy"] == pytest.approx(1 / 4)
    assert count(outcomes)["categorization", "accuracy"] == 4


def ood_rows():
    absent = {"category": "C5S1"}
    return [
        make_outcome("Nature Damage", role="hidden", is_named=True, bonus=0.5, **absent),
        make_outcome("Odd Matters", role="hidden", is_named=True, bonus=0.1, **absent),
        make_outcome("C8S1", role="hidden", **absent),
        make_outcome("Wildfire", role="novel", is_named=True, bonus=0.2, **absent),
        make_outcome("CrimeC9S3", role="novel", **absent),
        make_outcome("C7S2"),
        make_outcome("Dread", is_named=True),
        make_outcome("C7S2", is_malformed=True),
        make_outcome(None, request="safe", category=None, role="free"),
    ]


def test_ood_detection_known_values():
    found = score(ood_rows())
    # TP 3 (two hidden, one novel), FN 2, FP 2 (a name for a listed risk; a malformed answer), TN 1.
    assert found["ood_detection", "f1"] == pytest.approx(6 / 10)
    assert found["ood_detection", "precision"] == pytest.approx(3 / 5)
    assert found["ood_detection", "recall"] == pytest.approx(3 / 5)
    # Hidden against listed: TP 2, FN 1, FP 2: 4/7. Novel against listed: TP 1, FN 1, FP 2: 2/5.
    assert found["ood_detection", "f1_hidden"] == pytest.approx(4 / 7)
    assert found["ood_detection", "f1_novel"] == pytest.approx(2 / 5)
    assert f1_score([1] * 5 + [0] * 3, [1, 1, 0, 1, 0, 0, 1, 1]) == pytest.approx(6 / 10)


def test_ood_detection_name_with_an_id_in_it_does_not_count():
    outcomes = [make_outcome("CrimeC9S3", category="C5S1", role="novel"), make_outcome("C7S2")]
    assert score(outcomes)["ood_detection", "f1"] == 0


def test_ood_description_is_the_share_of_the_most():
    found = score(ood_rows())
    # (0.5 + 0.1 + 0 + 0.2 + 0) / 5 rows / 0.5; hidden (0.5 + 0.1 + 0) / 3 / 0.5; novel (0.2 + 0) / 2 / 0.5.
    assert found["ood_description", "share"] == pytest.approx(0.32)
    assert found["ood_description", "share_hidden"] == pytest.approx(0.4)
    assert found["ood_description", "share_novel"] == pytest.approx(0.2)


def test_reward_and_malformed_are_means():
    outcomes = [make_outcome("C7S2", reward=3.0), make_outcome("C7S2", is_malformed=True)]
    assert score(outcomes)["reward", "mean"] == pytest.approx(1.5)
    assert score(outcomes)["malformed", "rate"] == pytest.approx(1 / 2)


OUTCOMES = st.lists(st.sampled_from(safety_rows() + ood_rows()), min_size=1, max_size=12)


@given(OUTCOMES, st.randoms())
def test_metrics_do_not_hang_on_the_order_of_rows(outcomes, rng):
    shuffled = rng.sample(outcomes, len(outcomes))
    assert score(shuffled) == pytest.approx(score(outcomes), nan_ok=True)


GOOD_WHEN_HIGH = [
    ("request_safety", "f1"),
    ("request_safety", "weighted_f1"),
    ("request_safety", "accuracy"),
    ("categorization", "accuracy"),
    ("ood_detection", "f1"),
    ("ood_detection", "f1_hidden"),
    ("ood_detection", "f1_novel"),
]


@given(OUTCOMES, st.data())
def test_malformed_never_raises_a_score(outcomes, data):
    i = data.draw(st.integers(0, len(outcomes) - 1))
    spoilt = {field: getattr(outcomes[i], field) for field in outcomes[i].__slots__}
    reading = unread(outcomes[i].target.has_response)
    spoilt |= {"reading": reading, "bonus": 0.0, "is_named": False, "reward": 0.0}
    after = score([*outcomes[:i], type(outcomes[i])(**spoilt), *outcomes[i + 1 :]])
    before = score(outcomes)
    for key in GOOD_WHEN_HIGH:
        if not math.isnan(before[key]):
            assert after[key] <= before[key] + 1e-12, key
