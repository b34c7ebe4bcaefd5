"""Guards that answer lines of key and value: WildGuard, PolyGuard, Qwen3Guard-Gen, Nemotron Content Safety Reasoning.

Lines are read by key, in any order; a key that is given twice with other values counts for nothing. Sources: wheels
wildguard 1.0.1 and any-guardrail 0.7.7; github QwenLM/Qwen3Guard at 6a52eca; the models' cards.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from proguard.guards.categories import Meanings
from proguard.guards.content import fill, place
from proguard.guards.family import Ask
from proguard.guards.make_reading import make_reading, read_side
from proguard.guards.scores import share_of
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Mark, Query
from proguard.readings.reading import Reading, Side, SideReading
from proguard.row import Row
from proguard.sample import Label, Sample
from proguard.taxonomy import Taxonomy

Form = Literal["wildguard", "poly_guard", "qwen3guard", "nemotron"]

BOTH = "both"

_ROLES = ("Human user:", "AI assistant:", "Answers:", "---")
_LINE = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s*:\s*(.*?)[\s.]*(?:</s>|<\|[a-z_]+\|>)?\s*")


@dataclass(frozen=True, slots=True)
class Shape:
    """How the guards of one form are asked and answer."""

    asks_each: bool
    """Whether a side is an ask of its own."""

    keys: Mapping[Side, str]
    """Key of the line with the label, by side."""

    words: Mapping[str, Label]
    """Values that are a label, as the model spells them."""

    categories: str | None
    """Part of the keys of the lines with categories, which count for a side unless they name the other one.

    ``None`` without.
    """

    texts: tuple[str, ...]


_OTHER: Mapping[Side, str] = {"request": "response", "response": "request"}
_HARM: Mapping[Side, str] = {"request": "Harmful request", "response": "Harmful response"}
_YES_NO: Mapping[str, Label] = {"yes": "unsafe", "no": "safe"}

SHAPES: Mapping[Form, Shape] = {
    "wildguard": Shape(False, _HARM, _YES_NO, None, ("prompt",)),
    "poly_guard": Shape(False, _HARM, _YES_NO, "violat", ("system",)),
    "qwen3guard": Shape(
        True,
        {"request": "Safety", "response": "Safety"},
        {"Unsafe": "unsafe", "Controversial": "unsafe", "Safe": "safe"},
        "categor",
        (),
    ),
    "nemotron": Shape(
        False,
        {"request": "Prompt harm", "response": "Response Harm"},
        {"harmful": "unsafe", "unharmful": "safe"},
        None,
        ("instruction",),
    ),
}


@dataclass(frozen=True, slots=True)
class Keyed:
    """A guard that answers lines of key and value."""

    __pydantic_config__ = STRICT

    form: Form
    scope: Scope
    texts: Mapping[str, str]
    """``prompt`` of WildGuard, ``system`` of PolyGuard, ``instruction`` of Nemotron."""

    meanings: Meanings | None = None
    loose: bool = False
    """Whether Qwen3Guard's ``Controversial`` counts as safe."""

    thinks: bool = False
    """Whether Nemotron reasons first."""

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Texts of its prompt."""
        return SHAPES[self.form].texts

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return one prompt, or one for each side."""
        sides, shape = self.scope.sides_of(row.sample), SHAPES[self.form]
        marks = tuple(Mark(tuple(shape.words), f"{shape.keys[side]}:") for side in sides)
        if shape.asks_each:
            return [Ask(side, self._ask_qwen(row.sample, side, marks[:1])) for side in sides]
        return [Ask(BOTH, _QUERIES[self.form](self, row.sample, marks))] if sides else []

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return the labels by key, whatever is around the lines."""
        shape = SHAPES[self.form]
        sides: dict[Side, SideReading] = {}
        labels: list[str] = []
        for index, side in enumerate(self.scope.sides_of(row.sample)):
            completion = answers[side if shape.asks_each else BOTH]
            fields = read_fields(completion.text.rpartition("</think>")[2])
            label = self._label(fields.get(shape.keys[side].lower()))
            sides[side] = read_side(completion, label, self._score(completion, 0 if shape.asks_each else index))
            if shape.categories and label == "unsafe":
                own = [value for key, value in fields.items() if shape.categories in key and _OTHER[side] not in key]
                labels += [name for value in own for name in _names(value)]
        detail = "ok" if any(side.label for side in sides.values()) else "no_match"
        return make_reading(sides, labels, self.meanings, detail=detail)

    def _label(self, value: str | None) -> Label | None:
        words = {word.lower(): label for word, label in SHAPES[self.form].words.items()}
        if self.loose:
            words["controversial"] = "safe"
        return words.get((value or "").lower())

    def _score(self, completion: Completion, index: int) -> float | None:
        if not completion.scores:
            return None
        safe, unsafe = ([w for w in SHAPES[self.form].words if self._label(w) == label] for label in ("safe", "unsafe"))
        return share_of(completion.scores[index], unsafe=unsafe, safe=safe)

    def _ask_wildguard(self, sample: Sample, marks: tuple[Mark, ...]) -> Query:
        content = [("{prompt}", place(sample.request, _ROLES)), ("{response}", place(sample.response, _ROLES))]
        return Query(fill(self.texts["prompt"], content), marks=marks)

    def _ask_poly_guard(self, sample: Sample, marks: tuple[Mark, ...]) -> Query:
        request, response = (place(text, _ROLES) for text in (sample.request, sample.response))
        user = f"Human user:\n{request}\n\nAI assistant:\n{response}"
        system = {"role": "system", "content": self.texts["system"]}
        return Query([system, {"role": "user", "content": user}], marks=marks)

    def _ask_nemotron(self, sample: Sample, marks: tuple[Mark, ...]) -> Query:
        roles = ("User prompt:", "AI response:", "Prompt harm:", "Response Harm:")
        parts = [self.texts["instruction"], f"User prompt:\n{place(sample.request, roles)}"]
        if sample.has_response:
            parts.append(f"AI response:\n{place(sample.response, roles)}")
        parts.append("/think" if self.thinks else "/no_think")
        return Query([{"role": "user", "content": "\n\n".join(parts)}], marks=marks)

    def _ask_qwen(self, sample: Sample, side: Side, marks: tuple[Mark, ...]) -> Query:
        messages = [{"role": "user", "content": place(sample.request)}]
        if side == "response":
            messages.append({"role": "assistant", "content": place(sample.response)})
        return Query(messages, marks=marks)


_QUERIES: Mapping[Form, Callable[[Keyed, Sample, tuple[Mark, ...]], Query]] = {
    "wildguard": Keyed._ask_wildguard,
    "poly_guard": Keyed._ask_poly_guard,
    "nemotron": Keyed._ask_nemotron,
}


def read_fields(text: str) -> dict[str, str]:
    """Return the values by key in lower case; a key with two values that differ is left out."""
    found: dict[str, set[str]] = {}
    for line in re.split(r"[\r\n]+", text):
        if match := _LINE.fullmatch(line):
            found.setdefault(match[1].lower(), set()).add(match[2])
    return {key: values.pop() for key, values in found.items() if len(values) == 1}


def _names(value: str) -> list[str]:
    names = [name.strip() for name in value.split(",")]
    return [name for name in names if name.lower() not in ("", "none", "n/a")]
