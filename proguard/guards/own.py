"""Our own guard: prompted by `proguard.prompt` under the row's policy, read by the grammar of `proguard.verdict`.

Its risk score comes from token probabilities: of ``unsafe`` against ``safe`` where the label is written. By then the
reasoning has often settled the label, so the compact style, whose reasoning begins with ``no risk`` or with a risk,
takes the request's score from the first word of the reasoning: on 592 drawn test rows the tiny base has an AUROC of
.948 by it and of .892 by the label. Scores of the compact style have `DIGITS` decimals, which costs .00003 of it: the
predictions of the tiny guard are the same bytes on any processor, and probabilities are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from proguard.guards.family import Ask
from proguard.guards.make_reading import name_in
from proguard.guards.scores import share_of
from proguard.inference.engine import Completion, Mark, Query
from proguard.prompt import PromptFormat, render_prompt
from proguard.readings.reading import NOT_ASKED, Reading, SideReading
from proguard.row import Row
from proguard.taxonomy import Taxonomy
from proguard.verdict import parse

ASK = "both"

DIGITS = 2
"""Decimals of a score of the compact style."""

_LABELS = ("safe", "unsafe")
_FIRST_WORD = Mark(("no",), "<think>")
_REQUEST = Mark(_LABELS, "<answer>Request:")
_RESPONSE = Mark(_LABELS, "Response:")


@dataclass(frozen=True, slots=True)
class Own:
    """A guard of our own making."""

    prompt: PromptFormat

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """None: the prompt is in `proguard.prompt`."""
        return ()

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return the one prompt about a row."""
        messages = render_prompt(row.sample, row.policy, taxonomy, self.prompt)
        first = _FIRST_WORD if self.prompt.style == "compact" else _REQUEST
        return [Ask(ASK, Query(messages, marks=(first, _RESPONSE)), row.sample.image is not None)]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return what the completion says; without a well-formed verdict both sides are unread."""
        completion, has_response = answers[ASK], row.sample.has_response
        parsed = parse(completion.text, has_response=has_response)
        if parsed.verdict is None or not parsed.is_well_formed:
            side = SideReading("cut" if completion.finish == "length" else "unread", score=self._request(completion))
            response = SideReading(side.status, score=self._response(completion)) if has_response else NOT_ASKED
            return Reading(side, response, codes=(), reads_policy=True, detail=parsed.status)
        said = parsed.verdict
        code = None if said.category is None else row.policy.code_of(said.category)
        return Reading(
            SideReading("ok", said.request, self._request(completion)),
            SideReading("ok", said.response, self._response(completion)) if has_response else NOT_ASKED,
            category=said.category,
            code=code,
            codes=() if code is None else (code,),
            name=name_in(said.category, row.policy),
            reads_policy=True,
        )

    def _request(self, completion: Completion) -> float | None:
        if not completion.scores or completion.scores[0] is None:
            return None
        if self.prompt.style == "compact":
            return round(1 - completion.scores[0]["no"], DIGITS)
        return share_of(completion.scores[0], unsafe=("unsafe",), safe=("safe",))

    def _response(self, completion: Completion) -> float | None:
        share = share_of(completion.scores[1], unsafe=("unsafe",), safe=("safe",)) if completion.scores else None
        return share if share is None or self.prompt.style == "full" else round(share, DIGITS)
