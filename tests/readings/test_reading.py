"""Readings: labels and statuses that agree, and what an unread side is taken for."""

import pytest

from proguard.readings.reading import NOT_ASKED, UNASKED, Reading, SideReading

OK, UNREAD = SideReading("ok", "safe"), SideReading("unread")


@pytest.mark.parametrize(("status", "label"), [("ok", None), ("unread", "safe"), ("not_asked", "unsafe")])
def test_side_with_a_label_and_another_status_is_refused(status, label):
    with pytest.raises(ValueError, match=f"status {status} with label {label}"):
        SideReading(status, label)


@pytest.mark.parametrize("status", ["unread", "refused", "cut"])
def test_side_without_a_label_fails_as_it_is_told(status):
    side = SideReading(status)
    assert (side.label_or("unsafe"), side.label_or("safe")) == ("unsafe", "safe")


def test_side_that_was_not_asked_never_fails():
    assert NOT_ASKED.label_or("unsafe") is None


@pytest.mark.parametrize(
    ("sides", "is_read", "was_asked"),
    [
        ((OK, NOT_ASKED), True, True),
        ((OK, UNREAD), False, True),
        ((NOT_ASKED, OK), True, True),
        ((NOT_ASKED, NOT_ASKED), False, False),
    ],
)
def test_reading_is_read_when_every_side_asked_about_has_a_label(sides, is_read, was_asked):
    reading = Reading(*sides)
    assert (reading.is_read, reading.was_asked) == (is_read, was_asked)


def test_row_that_was_not_asked_about_is_not_unsafe():
    assert not UNASKED.is_unsafe
