"""Chat models with a prompt of ours or of the paper: the released ProGuard, GPT, Gemini, gpt-oss-safeguard, any other.

The form ``published`` is the released ProGuard's prompt, with the row's policy in place of its list; the form ``ours``
is `proguard.prompt`. Both ask for one grammar, which is read leniently (`proguard.guards.released`).
Source: github yushaohan/ProGuard at e802f38, deploy/prompts.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from proguard.guards.content import fill, place
from proguard.guards.family import Ask
from proguard.guards.make_reading import name_in, read_side
from proguard.guards.released import read_released
from proguard.guards.scores import share_of
from proguard.guards.spec import STRICT, Scope
from proguard.inference.engine import Completion, Mark, Query
from proguard.policy import Policy
from proguard.prompt import IMAGE_PLACEHOLDER, PromptFormat, render_prompt
from proguard.readings.reading import NOT_ASKED, Reading
from proguard.row import Row
from proguard.taxonomy import Node, Taxonomy
from proguard.text import on_one_line

ASK = "both"

_SPEAKERS = ("User:", "Agent:")
_LABELS = ("safe", "unsafe")
_MARKS = (Mark(_LABELS, "<answer>Request:"), Mark(_LABELS, "Response:"))
_LIST = re.compile(r"(<BEGIN UNSAFE CONTENT CATEGORIES>\n).*?(\n<END UNSAFE CONTENT CATEGORIES>)", re.DOTALL)
_OURS = PromptFormat("full")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat model that is shown the row's policy."""

    __pydantic_config__ = STRICT

    form: Literal["published", "ours"]
    scope: Scope
    texts: Mapping[str, str]
    """System messages of the form ``published``: ``text``, ``text_image`` and ``image``; and ``user``, its frame."""

    meanings: None = None
    preamble: str = ""
    """What the system message begins with, such as a line on how much to reason."""

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Texts of its prompt."""
        return (*self.scope.modalities, "user") if self.form == "published" else ()

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return the one prompt about a row."""
        if not self.scope.sides_of(row.sample):
            return []
        if self.form == "ours":
            system, user = (m["content"] for m in render_prompt(row.sample, row.policy, taxonomy, _OURS))
        else:
            system, user = self._published(row, taxonomy)
        messages = [{"role": "system", "content": self.preamble + system}, {"role": "user", "content": user}]
        return [Ask(ASK, Query(messages, marks=_MARKS), row.sample.image is not None)]

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return what the one answer says under the row's policy."""
        completion, has_response = answers[ASK], row.sample.has_response
        said = read_released(completion.text, row.policy.ids)
        if said.is_refusal:
            completion = Completion("", "refused")
        shares = [share_of(s, unsafe=("unsafe",), safe=("safe",)) for s in completion.scores] or [None, None]
        request = read_side(completion, said.request, shares[0])
        response = read_side(completion, said.response, shares[1]) if has_response else NOT_ASKED
        is_unsafe, detail = "unsafe" in (request.label, response.label), said.detail
        if detail == "ok" and "unread" in (request.status, response.status):
            detail = "missing_field"
        codes = tuple(code for id_ in said.ids if (code := row.policy.code_of(id_)) is not None) if is_unsafe else ()
        return Reading(
            request,
            response,
            category=said.category if is_unsafe else None,
            code=codes[0] if codes else None,
            codes=codes,
            name=name_in(said.category, row.policy) if is_unsafe and not said.ids else None,
            reads_policy=True,
            detail=detail,
        )

    def _published(self, row: Row, taxonomy: Taxonomy) -> tuple[str, str]:
        shown = list_policy(row.policy, taxonomy)
        system = _LIST.sub(lambda match: f"{match[1]}\n{shown}\n{match[2]}", self.texts[row.sample.modality])
        request, response = (place(text, _SPEAKERS) for text in (row.sample.request, row.sample.response))
        user = fill(self.texts["user"], [("{{HUMAN_USER}}", request), ("{{AI_ASSISTANT}}", response)])
        return system, f"{IMAGE_PLACEHOLDER}{user}" if row.sample.image else user


def list_policy(policy: Policy, taxonomy: Taxonomy) -> str:
    """Return a policy as the released prompt lists categories: subcategories indented, below their category.

    A policy whose ids are shuffled has no ids for the categories above, so it has subcategories only.
    """
    has_own_ids, lines, above = all(id_ == code for id_, code in policy.shown), [], None
    for id_, code in policy.shown:
        node = taxonomy[code]
        if has_own_ids and node.parent is not None and node.parent != above:
            above = node.parent
            lines.append(f"{above}: {_describe(taxonomy[above])}")
        indent = "  " if has_own_ids and node.parent is not None else ""
        lines.append(f"{indent}{id_}: {_describe(node)}")
    return "\n".join(lines)


def _describe(node: Node) -> str:
    return f"{on_one_line(place(node.name))} — {on_one_line(place(node.description))}"
