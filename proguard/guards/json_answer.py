"""Guards that answer in JSON: NVIDIA's Nemotron (NemoGuard) content safety v2 and v3, and LlavaGuard.

Values are found by key and need no closing brace: a long rationale is often cut, and some servers lose the opening one.
Sources: the models' cards; github montehoover/DynaGuard at c9f32a7 and ml-research/LlavaGuard at 840699c.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from proguard.guards.categories import Meanings
from proguard.guards.content import fill, place
from proguard.guards.family import Ask
from proguard.guards.make_reading import make_reading, read_side
from proguard.guards.scores import share_of
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Mark, Query
from proguard.prompt import IMAGE_PLACEHOLDER
from proguard.readings.reading import Reading, Side, SideReading
from proguard.row import Row
from proguard.sample import Label, Sample
from proguard.taxonomy import Taxonomy

Form = Literal["nemotron", "llavaguard"]

ASK = "both"

_ROLES = ("user:", "response:", "agent:")
_PAIR = re.compile(r"\"?\b(?P<key>[A-Za-z][A-Za-z -]*?)\"?\s*:\s*\"(?P<value>[^\"\n]*)\"")
_CODE = re.compile(r"\s*([OS]\d{1,2})\b")

_KEYS: Mapping[Form, Mapping[Side, tuple[str, ...]]] = {
    "nemotron": {"request": ("user safety",), "response": ("response safety",)},
    "llavaguard": {"request": ("rating", "assessment", "final-assessment", "decision")},
}
_CATEGORIES: Mapping[Form, str] = {"nemotron": "safety categories", "llavaguard": "category"}
_LABELS: Mapping[str, Label] = {
    "safe": "safe",
    "compliant": "safe",
    "unsafe": "unsafe",
    "review needed": "unsafe",
}
_MARKS: Mapping[Form, Mapping[Side, Mark]] = {
    "nemotron": {
        "request": Mark(("safe", "unsafe"), '"User Safety":'),
        "response": Mark(("safe", "unsafe"), '"Response Safety":'),
    },
    "llavaguard": {"request": Mark(("Safe", "Unsafe"), '"rating":')},
}


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A guard that answers in JSON."""

    __pydantic_config__ = STRICT

    form: Form
    scope: Scope
    texts: Mapping[str, str]
    """``prompt`` of Nemotron, with a slot ``{conversation}``; ``policy`` of LlavaGuard."""

    meanings: Meanings | None = None

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Texts of its prompt."""
        return ("prompt",) if self.form == "nemotron" else ("policy",)

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return the one prompt about a row."""
        sides = self.scope.sides_of(row.sample)
        if not sides:
            return []
        content = self._content(row.sample)
        marks = tuple(_MARKS[self.form][side] for side in sides)
        return [Ask(ASK, Query([{"role": "user", "content": content}], marks=marks), row.sample.image is not None)]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return the labels and categories by key."""
        completion = answers[ASK]
        fields = read_json_fields(completion.text)
        sides: dict[Side, SideReading] = {}
        for index, side in enumerate(self.scope.sides_of(row.sample)):
            said = next((fields[key] for key in _KEYS[self.form][side] if key in fields), "")
            scores = completion.scores[index] if completion.scores else None
            share = share_of(scores, unsafe=("unsafe", "Unsafe"), safe=("safe", "Safe"))
            sides[side] = read_side(completion, _LABELS.get(said.strip().lower()), share)
        detail = "ok" if any(side.label for side in sides.values()) else "no_match"
        return make_reading(sides, self._labels(fields), self.meanings, detail=detail)

    def _content(self, sample: Sample) -> str:
        if self.form == "llavaguard":
            return f"{IMAGE_PLACEHOLDER}{self.texts['policy']}"
        conversation = f"user: {place(sample.request, _ROLES)}"
        if sample.has_response:
            conversation += f"\n\nresponse: agent: {place(sample.response, _ROLES)}"
        return fill(self.texts["prompt"], [("{conversation}", conversation)])

    def _labels(self, fields: Mapping[str, str]) -> list[str]:
        said = fields.get(_CATEGORIES[self.form], "")
        if self.form == "llavaguard":
            match = _CODE.match(said)
            return [match[1]] if match else []
        return said.split(",")


def read_json_fields(text: str) -> dict[str, str]:
    """Return text values by key in lower case; a key with two values that differ is left out."""
    found: dict[str, set[str]] = {}
    for match in _PAIR.finditer(text):
        found.setdefault(match["key"].lower(), set()).add(match["value"])
    return {key: values.pop() for key, values in found.items() if len(values) == 1}
