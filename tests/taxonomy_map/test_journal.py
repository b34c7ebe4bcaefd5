from proguard.storage.journal import open_journal
from proguard.taxonomy_map.journal import Answer, append_answers, read_answers

ANSWERS = [Answer("k1", "a", "C1S1", 100, 3), Answer("k2", "b", None), Answer("k3", "c", "line\nbreak\u2028\U0001f642")]


def test_read_answers_gives_back_what_was_appended(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        append_answers(journal, ANSWERS)
        assert read_answers(journal) == {a.key: a for a in ANSWERS}


def test_read_answers_of_one_key_is_the_later(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        append_answers(journal, [Answer("k", "a", "old"), Answer("k", "a", "new")])
        assert read_answers(journal)["k"].text == "new"
