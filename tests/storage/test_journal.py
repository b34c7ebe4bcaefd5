import pytest

from proguard.storage.journal import open_journal

ENTRIES = [{"a": 1}, {"b": "line\nbreak\u2028\u0085 \U0001f642"}, [None]]


def test_journal_opened_again_has_all_entries_in_order(tmp_path):
    for entries in (ENTRIES[:1], ENTRIES[1:]):
        with open_journal(tmp_path / "new" / "a.jsonl") as journal:
            journal.append(entries)
    with open_journal(tmp_path / "new" / "a.jsonl") as journal:
        assert journal.read() == ENTRIES


def test_journal_when_new_is_empty(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        assert journal.read() == []


@pytest.mark.parametrize("rest", [b'{"b": 2', b'{"b": "\xc3', b"\x00"])
def test_open_journal_removes_a_line_that_a_kill_cut_short(tmp_path, rest):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n' + rest)
    with open_journal(path) as journal:
        assert journal.read() == [{"a": 1}]
        journal.append([{"c": 3}])
    assert path.read_bytes() == b'{"a": 1}\n{"c": 3}\n'


def test_append_is_in_the_file_before_it_is_closed(tmp_path):
    with open_journal(tmp_path / "a.jsonl") as journal:
        journal.append(ENTRIES)
        assert journal.read() == ENTRIES


def test_open_journal_of_another_run_is_refused(tmp_path):
    with open_journal(tmp_path / "a.jsonl"), pytest.raises(RuntimeError, match=r"a\.jsonl: another process"):
        open_journal(tmp_path / "a.jsonl").__enter__()
