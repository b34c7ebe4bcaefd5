"""Guards behind a moderation API: OpenAI's omni-moderation, or any ``/v1/moderations``.

The API judges a content without roles, so a row with a response takes two asks. Its label is ``flagged``, which follows
thresholds that are not published; its score is the highest of its categories. Source: OpenAI's API reference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proguard.guards.categories import Meanings
from proguard.guards.family import Ask
from proguard.guards.make_reading import make_reading, read_side
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Query
from proguard.prompt import IMAGE_PLACEHOLDER, defuse
from proguard.readings.reading import Reading, Side, SideReading
from proguard.row import Row
from proguard.sample import Label
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Moderation:
    """A guard behind a moderation API."""

    __pydantic_config__ = STRICT

    scope: Scope
    texts: Mapping[str, str]
    meanings: Meanings | None = None

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """None: the API takes the content alone."""
        return ()

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return an ask for each side; the image belongs to the request."""
        sample, asks = row.sample, []
        for side in self.scope.sides_of(sample):
            shows_image = side == "request" and sample.image is not None
            text = defuse((sample.request if side == "request" else sample.response) or "")
            content = f"{IMAGE_PLACEHOLDER}{text}" if shows_image else text
            query = Query([{"role": "user", "content": content}], is_moderation=True)
            asks.append(Ask(side, query, shows_image))
        return asks

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return what was flagged, and the categories that were, highest score first."""
        sides: dict[Side, SideReading] = {}
        labels: list[str] = []
        for side in self.scope.sides_of(row.sample):
            result = _load(answers[side].text)
            scores = _numbers(result.get("category_scores"))
            sides[side] = read_side(answers[side], _label(result), max(scores.values(), default=None))
            flagged = [name for name, is_flagged in _mapping(result.get("categories")).items() if is_flagged is True]
            labels += sorted(flagged, key=lambda name: -scores.get(name, 0.0))
        detail = "ok" if any(side.label for side in sides.values()) else "no_match"
        return make_reading(sides, labels, self.meanings, detail=detail)


def _load(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _mapping(content: Any) -> Mapping[str, Any]:
    return content if isinstance(content, dict) else {}


def _label(result: Mapping[str, Any]) -> Label | None:
    flagged = result.get("flagged")
    return None if not isinstance(flagged, bool) else "unsafe" if flagged else "safe"


def _numbers(content: Any) -> dict[str, float]:
    """Return the scores in [0, 1] by category; a category that the model does not know has none."""
    return {
        name: float(value)
        for name, value in _mapping(content).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    }
