"""Readings made of what a family's reader found in the answers."""

from collections.abc import Iterable, Mapping

from proguard.guards.categories import Meanings, find_categories
from proguard.ids import looks_like_id
from proguard.inference.engine import Completion
from proguard.policy import Policy, known_ids
from proguard.readings.reading import NOT_ASKED, Reading, Side, SideReading
from proguard.sample import Label


def read_side(completion: Completion, label: Label | None, score: float | None = None) -> SideReading:
    """Return the reading of one side from the answer about it.

    Args:
        completion: The answer.
        label: What the answer says of the side; ``None`` when the reader finds nothing.
        score: Probability that the side is unsafe; ``None`` without one.
    """
    if completion.finish == "refused":
        return SideReading("refused")
    if label is not None:
        return SideReading("ok", label, score)
    return SideReading("cut" if completion.finish == "length" else "unread", score=score)


def make_reading(
    sides: Mapping[Side, SideReading], labels: Iterable[str], meanings: Meanings | None, *, detail: str = "ok"
) -> Reading:
    """Return the reading of a guard with a list of categories of its own, or with none.

    Args:
        sides: Readings of the sides that the guard was asked about.
        labels: Categories in the guard's words; they count only where a side is unsafe.
        meanings: What its categories mean; ``None`` when it gives none.
        detail: What was odd about the answer.
    """
    request, response = sides.get("request", NOT_ASKED), sides.get("response", NOT_ASKED)
    is_unsafe = "unsafe" in (request.label, response.label)
    if detail == "ok" and "unread" in (request.status, response.status):
        detail = "missing_field"
    if meanings is None:
        return Reading(request, response, detail=detail)
    found = find_categories(labels if is_unsafe else (), meanings)
    if detail == "ok" and is_unsafe:
        detail = "unknown_code" if found.unknown else "ok" if found.category else "no_category"
    return Reading(request, response, found.category, found.code, found.codes, detail=detail)


def name_in(category: str | None, policy: Policy) -> str | None:
    """Return a category that is the guard's own name; ``None`` for an id, shown or not, and for no category."""
    is_name = category is not None and not looks_like_id(category, known_ids(policy))
    return category if is_name else None
