from proguard.evaluate.report.duplicates import describe_duplicates
from tests.evaluate.report.summaries import EMPTY, FOUND


def test_describe_duplicates_puts_the_tested_set_second_and_its_ids_too():
    # The key has the benchmark first, by name.
    line, *_ = describe_duplicates(FOUND).tested
    assert (line.first, line.second, line.kind) == ("ours", "bench", "same text")
    assert (line.n_first, line.of_first, line.n_second, line.of_second) == (3, 900, 1, 40)
    assert line.examples == (("0a", "0b"), ("1a", "0b"))


def test_describe_duplicates_tells_tested_sets_from_those_for_training():
    found = describe_duplicates(FOUND)
    assert [(line.first, line.second) for line in found.tested] == [("ours", "bench"), ("ours", "ours (test)")]
    assert [(line.first, line.second) for line in found.trained] == [("ours", "theirs")]


def test_describe_duplicates_lists_what_was_left_out():
    found = describe_duplicates(FOUND)
    assert [(line.name, line.benchmark, line.n, line.of) for line in found.dropped] == [("ours", "bench", 3, 900)]
    assert found.sentence.startswith("Rows left out of training: 3.")


def test_describe_duplicates_lists_those_inside_a_set():
    assert [(line.first, line.kind, line.n_first, line.of_first) for line in describe_duplicates(FOUND).inside] == [
        ("theirs", "image that looks alike", 20, 50)
    ]


def test_describe_duplicates_of_none_says_so():
    assert describe_duplicates(EMPTY).sentence == "No row has a duplicate in another set."
    only_training = FOUND | {"dropped": {}, "dropped_rows": 0}
    assert describe_duplicates(only_training).sentence == "No row for training has a duplicate in a published set."
