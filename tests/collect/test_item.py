import pytest

from proguard.collect.item import text_fault


@pytest.mark.parametrize("text", ["a", " a ", "\x00a", "\U0001f600"])
def test_text_fault_text_has_none(text: str):
    assert text_fault(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "wrong type"),
        (1.5, "wrong type"),
        (b"a", "wrong type"),
        ("", "empty text"),
        ("\t\u3000", "empty text"),
        ("a\udc80", "not valid Unicode"),
    ],
)
def test_text_fault_is_named(text: object, reason: str):
    assert text_fault(text) == reason
