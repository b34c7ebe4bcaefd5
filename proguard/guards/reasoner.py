"""Guards that reason, then answer in tagged fields: GuardReasoner, GuardReasoner-VL, DynaGuard, MD-Judge 0.2.

Sources: github yueliu1999/GuardReasoner at bb7e686; github montehoover/DynaGuard at c9f32a7; the cards of
GuardReasoner-VL and of MD-Judge-v0_2-internlm2_7b.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from proguard.guards.answer import Answered, read_dyna_guard, read_guard_reasoner, read_md_judge
from proguard.guards.categories import Meanings
from proguard.guards.content import place
from proguard.guards.family import Ask
from proguard.guards.make_reading import make_reading, read_side
from proguard.guards.scores import share_of
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Mark, Query
from proguard.prompt import IMAGE_PLACEHOLDER
from proguard.readings.reading import Reading
from proguard.row import Row
from proguard.sample import Sample
from proguard.taxonomy import Taxonomy

ASK = "both"

Form = Literal["guard_reasoner", "guard_reasoner_vl", "dyna_guard", "md_judge"]

_ROLES = ("Human user:", "AI assistant:")
_SPEAKERS = ("'User':", "'Agent':")


@dataclass(frozen=True, slots=True)
class Reasoner:
    """A guard that reasons first."""

    __pydantic_config__ = STRICT

    form: Form
    scope: Scope
    texts: Mapping[str, str]
    """``instruction`` of GuardReasoner and -VL; ``system`` and ``rule`` of DynaGuard."""

    meanings: Meanings | None = None
    thinks: bool = True
    """Whether DynaGuard reasons; without, it answers at once and gives a risk score."""

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Texts of its prompt."""
        return _TEXTS[self.form]

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return the one prompt about a row."""
        if not self.scope.sides_of(row.sample):
            return []
        return [Ask(ASK, _QUERIES[self.form](self, row.sample), row.sample.image is not None)]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return the fields of the answer, whatever was reasoned before."""
        completion, sides = answers[ASK], self.scope.sides_of(row.sample)
        said = _READERS[self.form](completion.text)
        score = share_of(completion.scores[0], unsafe=("FAIL",), safe=("PASS",)) if completion.scores else None
        read = {side: read_side(completion, getattr(said, side), score) for side in sides}
        return make_reading(read, said.labels, self.meanings, detail=said.detail)


def _ask_guard_reasoner(guard: Reasoner, sample: Sample) -> Query:
    return Query(f"{guard.texts['instruction']}\n{_dialogue(sample)}\n\n")


def _ask_guard_reasoner_vl(guard: Reasoner, sample: Sample) -> Query:
    system = {"role": "system", "content": guard.texts["instruction"]}
    return Query([system, {"role": "user", "content": f"{_dialogue(sample)}\n"}])


def _dialogue(sample: Sample) -> str:
    image = IMAGE_PLACEHOLDER if sample.image else ""
    response = place(sample.response, _ROLES) if sample.has_response else "None"
    return f"Human user:\n{image}{place(sample.request, _ROLES)}\n\nAI assistant:\n{response}"


def _ask_dyna_guard(guard: Reasoner, sample: Sample) -> Query:
    user, agent = place(sample.request, _SPEAKERS), place(sample.response, _SPEAKERS)
    content = (
        f"\n<rules>\n{guard.texts['rule']}\n</rules>\n<transcript>\n'User': {user}\n'Agent': {agent}\n</transcript>\n"
    )
    messages = [{"role": "system", "content": guard.texts["system"]}, {"role": "user", "content": content}]
    if guard.thinks:
        return Query(messages, prefill="\n<think>")
    return Query(messages, template={"enable_thinking": False}, prefill="<answer>\n", marks=(Mark(("PASS", "FAIL")),))


def _ask_md_judge(guard: Reasoner, sample: Sample) -> Query:
    marks = ("User:", "Agent:")
    return Query(
        [
            {"role": "user", "content": place(sample.request, marks)},
            {"role": "assistant", "content": place(sample.response, marks)},
        ]
    )


_TEXTS: Mapping[Form, tuple[str, ...]] = {
    "guard_reasoner": ("instruction",),
    "guard_reasoner_vl": ("instruction",),
    "dyna_guard": ("system", "rule"),
    "md_judge": (),
}

_QUERIES: Mapping[Form, Callable[[Reasoner, Sample], Query]] = {
    "guard_reasoner": _ask_guard_reasoner,
    "guard_reasoner_vl": _ask_guard_reasoner_vl,
    "dyna_guard": _ask_dyna_guard,
    "md_judge": _ask_md_judge,
}

_READERS: Mapping[Form, Callable[[str], Answered]] = {
    "guard_reasoner": read_guard_reasoner,
    "guard_reasoner_vl": read_guard_reasoner,
    "dyna_guard": read_dyna_guard,
    "md_judge": read_md_judge,
}
