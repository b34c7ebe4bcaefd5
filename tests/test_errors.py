from proguard.errors import MAX_CHARS, first_line


def test_first_line_of_a_message_is_one_line_and_short():
    assert first_line(ValueError("\n one\ntwo")) == "one"
    assert len(first_line(ValueError("x" * 999))) == MAX_CHARS


def test_first_line_of_no_message_is_the_type():
    assert (first_line(KeyError()), first_line(OSError(" \n "))) == ("KeyError", "OSError")
