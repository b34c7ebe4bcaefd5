"""The recorded answers of the word list are those that the tool writes."""

from proguard.storage.files import read_json_lines
from tools.record_word_list import PATH, record


def test_committed_answers_are_those_of_the_mini_world_now():
    assert list(read_json_lines(PATH)) == list(record()), "run `python -m tools.record_word_list`"
