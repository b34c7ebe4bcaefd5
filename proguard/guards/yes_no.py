"""Guards that answer Yes or No to one rule at a time: ShieldGemma, and Granite Guardian 3.0 to 3.3.

A row takes an ask for each rule and side. A side is unsafe when the answer to a rule is yes; its score is the highest
of all rules, and its category the rule with the highest score. Granite's rules are criteria that its chat template
knows, ShieldGemma's are texts. Sources: the models' cards; github ibm-granite/granite-guardian at a409be8. Left out:
ShieldGemma 2, which answers through a head of its own, and Granite Guardian 4.1, which is asked otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from proguard.guards.categories import Meanings
from proguard.guards.content import place
from proguard.guards.family import Ask
from proguard.guards.make_reading import make_reading, read_side
from proguard.guards.scores import highest, share_of
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Mark, Query
from proguard.readings.reading import Reading, Side, SideReading
from proguard.row import Row
from proguard.sample import Label, Sample
from proguard.taxonomy import Taxonomy

_YES, _NO = ("Yes", "yes"), ("No", "no")
_ROLES = ("Human Question:", "Chatbot Response:")

_TAGGED = re.compile(r"<score>\s*(yes|no)\s*(?:</score>)?", re.IGNORECASE)
_FIRST = re.compile(r"\s*(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class YesNo:
    """A guard that answers Yes or No to a rule."""

    __pydantic_config__ = STRICT

    form: Literal["shieldgemma", "granite"]
    scope: Scope
    texts: Mapping[str, str]

    rules: Mapping[str, Mapping[Side, str]]
    """By name of the rule, what the chat template is given for a request and for a response."""

    meanings: Meanings | None = None

    criterion: Literal["risk_name", "criteria_id"] = "risk_name"
    """What Granite's template calls a criterion: the latter from 3.3 on."""

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """None: the chat template of the model words the prompt."""
        return ()

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return a prompt for each side and rule."""
        return [
            Ask(f"{side}:{name}", self._query(row.sample, side, texts[side]))
            for side in self.scope.sides_of(row.sample)
            for name, texts in self.rules.items()
            if side in texts
        ]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return the sides joined over the rules, and the rules that a side breaks."""
        sides: dict[Side, SideReading] = {}
        labels: list[str] = []
        for side in self.scope.sides_of(row.sample):
            own = {key.partition(":")[2]: answer for key, answer in answers.items() if key.startswith(f"{side}:")}
            read = {name: _read_rule(answer) for name, answer in own.items()}
            sides[side] = _join(read)
            broken = [name for name, rule in read.items() if rule.label == "unsafe"]
            labels += sorted(broken, key=lambda name: -(read[name].score or 0.0))
        return make_reading(sides, labels, self.meanings)

    def _query(self, sample: Sample, side: Side, rule: str) -> Query:
        messages = [{"role": "user", "content": place(sample.request, _ROLES)}]
        if side == "response":
            messages.append({"role": "assistant", "content": place(sample.response, _ROLES)})
        template: dict[str, Any] = {"guideline": rule}
        if self.form == "granite":
            template = {"guardian_config": {self.criterion: rule}}
        after = "<score>" if self.form == "granite" and self.criterion == "criteria_id" else ""
        return Query(messages, template=template, marks=(Mark(_YES + _NO, after),))


def read_yes_no(text: str) -> Label | None:
    """Return what an answer says: the tagged word, or the first one; reasoning before it does not count."""
    answer = text.rpartition("</think>")[2]
    match = _TAGGED.search(answer) or _FIRST.match(answer)
    return None if match is None else "unsafe" if match[1].lower() == "yes" else "safe"


def _read_rule(completion: Completion) -> SideReading:
    scores = completion.scores[0] if completion.scores else None
    return read_side(completion, read_yes_no(completion.text), share_of(scores, unsafe=_YES, safe=_NO))


def _join(rules: Mapping[str, SideReading]) -> SideReading:
    """Return a side by its rules: unsafe by any, safe by all, otherwise what the first without a label is."""
    score = highest(rule.score for rule in rules.values())
    if any(rule.label == "unsafe" for rule in rules.values()):
        return SideReading("ok", "unsafe", score)
    without = [rule.status for rule in rules.values() if rule.label is None]
    return SideReading(without[0], score=score) if without else SideReading("ok", "safe", score)
