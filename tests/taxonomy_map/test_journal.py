from proguard.storage.journal import open_journal
from proguard.taxonomy_map.journal import ModelAnswer, append_answers, read_answers

ANSWERS = [
    ModelAnswer("k1", "a", "C1S1", 100, 3),
    ModelAnswer("k2", "b", None),
    ModelAnswer("k3", "c", "line\nbreak\u2028\U0001f642"),
]


def test_read_answers_gives_back_what_was_appended(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        append_answers(journal, ANSWERS)
        assert read_answers(journal) == {a.key: a for a in ANSWERS}


def test_read_answers_of_one_key_is_the_later(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        append_answers(journal, [ModelAnswer("k", "a", "old"), ModelAnswer("k", "a", "new")])
        assert read_answers(journal)["k"].text == "new"
