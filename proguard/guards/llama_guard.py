r"""Guards that answer ``safe``, or ``unsafe`` and codes: Llama Guard 1 to 4 and 3 Vision, MD-Judge 0.1, Aegis 1.0.

They judge the last turn of a conversation, so a row with a response takes two asks. Llama Guards are asked through the
chat template of their tokenizer, which wants turns that alternate from ``user``. MD-Judge and Aegis are asked by raw
prompts.
Sources: Meta's pages of prompt formats; the cards of the models.
"""

import re
from collections.abc import Mapping, Sequence
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

_SPEAKERS = ("User:", "Agent:")
_MARKS = (Mark(("safe", "unsafe")),)

_ANSWER = re.compile(r"\s*(safe|unsafe)\b(.*)", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"\b[A-Z]{1,2}\d{1,2}\b")


@dataclass(frozen=True, slots=True)
class LlamaGuard:
    """A guard that answers ``safe``, or ``unsafe`` and codes."""

    __pydantic_config__ = STRICT

    scope: Scope
    texts: Mapping[str, str]
    """``request`` and ``response`` of the form ``raw``: a frame a side."""

    meanings: Meanings | None = None
    form: Literal["chat", "raw"] = "chat"
    typed: bool = False
    """Whether the chat template of a text model takes contents as typed parts, as those of 3-1B do."""

    slots: tuple[str, str] = ("{user}", "{agent}")
    """Where request and response go in a frame of the form ``raw``."""

    wrap: tuple[str, str] = ("", "")
    """The text around such a frame once it is filled and stripped."""

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Frames of the sides that the guard judges."""
        return self.scope.sides if self.form == "raw" else ()

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return a prompt for each side that there is."""
        return [
            Ask(side, self._query(row.sample, side), row.sample.image is not None)
            for side in self.scope.sides_of(row.sample)
        ]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return the labels of the sides, and the codes of those that are unsafe."""
        sides: dict[Side, SideReading] = {}
        labels: list[str] = []
        details: list[str] = []
        for side in self.scope.sides_of(row.sample):
            completion = answers[side]
            label, codes, detail = read_llama_guard(completion.text)
            share = share_of(completion.scores[0], unsafe=("unsafe",), safe=("safe",)) if completion.scores else None
            sides[side] = read_side(completion, label, share)
            labels += codes
            details += [detail] if detail != "ok" else []
        return make_reading(sides, labels, self.meanings, detail=details[0] if details else "ok")

    def _query(self, sample: Sample, side: Side) -> Query:
        user, agent = (place(text, _SPEAKERS) for text in (sample.request, sample.response))
        if self.form == "raw":
            used = [(self.slots[0], user)] if side == "request" else list(zip(self.slots, (user, agent), strict=True))
            before, after = self.wrap
            return Query(f"{before}{fill(self.texts[side], used).strip()}{after}", marks=_MARKS)
        # The template of Llama Guard 4 shows an image only where the same message has a text.
        content = f"{IMAGE_PLACEHOLDER}{user or ' '}" if sample.image else user
        messages = [{"role": "user", "content": content}]
        if side == "response":
            messages.append({"role": "assistant", "content": agent})
        return Query(messages, typed=self.typed, marks=_MARKS)


def read_llama_guard(text: str) -> tuple[Label | None, Sequence[str], str]:
    """Return label, codes and what was odd; codes after ``safe`` contradict it, so neither counts."""
    match = _ANSWER.fullmatch(text)
    if match is None:
        return None, (), "no_match"
    label: Label = "safe" if match[1].lower() == "safe" else "unsafe"
    codes = list(dict.fromkeys(_CODE.findall(match[2])))
    return (None, (), "contradiction") if label == "safe" and codes else (label, codes, "ok")
