from proguard.taxonomy_map.journal import Answer, append_answers, open_journal, read_journal

ANSWERS = [Answer("k1", "a", "C1S1", 100, 3), Answer("k2", "b", None), Answer("k3", "c", "line\nbreak\u2028\U0001f642")]


def write(path, answers):
    with open_journal(path) as file:
        append_answers(file, answers)


def test_read_journal_gives_back_what_was_written(tmp_path):
    path = tmp_path / "new" / "a.jsonl"
    write(path, ANSWERS[:1])
    write(path, ANSWERS[1:])
    assert read_journal(path) == {a.key: a for a in ANSWERS}


def test_read_journal_without_a_file_is_empty(tmp_path):
    assert read_journal(tmp_path / "a.jsonl") == {}


def test_read_journal_cuts_off_what_a_kill_left(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, ANSWERS[:1])
    with path.open("a") as file:
        file.write('{"key": "k2", "id')
    assert list(read_journal(path)) == ["k1"]
    write(path, ANSWERS[2:])
    assert list(read_journal(path)) == ["k1", "k3"]


def test_append_answers_is_in_the_file_before_it_is_closed(tmp_path):
    path = tmp_path / "a.jsonl"
    with open_journal(path) as file:
        append_answers(file, ANSWERS)
        assert len(read_journal(path)) == 3
