r"""The guard's answer: the only module that writes or reads it.

The grammar. The ``Response`` line is present exactly when the sample has a response; no space follows a colon:

    <think>\n...reasoning...\n</think>\n<answer>\nRequest:unsafe\nResponse:safe\nCategory:C7S2\n</answer>

Source: output rules of the released prompts, github yushaohan/ProGuard at 969c075.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

from proguard.sample import Label
from proguard.text import holds_a_word

ParseStatus = Literal["ok", "no_match", "empty_reasoning", "wrong_fields", "contradiction"]
"""Why a completion is, or is not, a verdict.

``no_match``: not the grammar. ``wrong_fields``: a ``Response`` line about a sample without a response, or none about a
sample with one. ``contradiction``: the category is ``None`` although a side is unsafe, or is given although none is.
``empty_reasoning``: no letter or digit between the think tags.
"""

MAX_CATEGORY_CHARS = 80

_UNPRINTED = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""Control characters, line breaks, and characters that turn the direction of a text, as the inside of a class."""

_GRAMMAR = re.compile(
    r"<think>\n(?:(?P<reasoning>(?:(?!</?(?:think|answer)>).)*)\n)?</think>\n<answer>\n"
    r"Request:(?P<request>safe|unsafe)\n"
    r"(?:Response:(?P<response>safe|unsafe)\n)?"
    rf"Category:(?P<category>[^\s<>{_UNPRINTED}][^<>{_UNPRINTED}]*)\n</answer>",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard concluded about one sample."""

    request: Label
    """Label of the request, or of the image alone."""

    response: Label | None
    """Label of the response; ``None`` when the sample has no response."""

    category: str | None
    """An id of the policy, or a free name for a risk that the policy lacks; ``None`` when safe."""

    reasoning: str
    """What the guard wrote before it answered."""

    @property
    def is_unsafe(self) -> bool:
        """Whether the request or the response is called unsafe."""
        return "unsafe" in (self.request, self.response)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A completion, read."""

    verdict: Verdict | None
    """What the completion says; ``None`` unless ``status`` is ``ok`` or ``empty_reasoning``."""

    status: ParseStatus

    @property
    def is_well_formed(self) -> bool:
        """Whether the verdict counts; a malformed one is wrong in every metric."""
        return self.status == "ok"


def render(verdict: Verdict) -> str:
    """Return the completion that states ``verdict``; `parse` reads it back.

    Raises:
        ValueError: When the grammar cannot state it: tags in the reasoning, or a category that contradicts the labels,
            holds a line break, a control character or surrounding space, or is too long.
    """
    response = f"Response:{verdict.response}\n" if verdict.response else ""
    completion = (
        f"<think>\n{verdict.reasoning}\n</think>\n<answer>\nRequest:{verdict.request}\n{response}"
        f"Category:{verdict.category if verdict.category is not None else 'None'}\n</answer>"
    )
    parsed = parse(completion, has_response=verdict.response is not None)
    if parsed.verdict != verdict or not parsed.is_well_formed:
        raise ValueError(f"the grammar cannot state {verdict}: {parsed.status}")
    return completion


def parse(completion: str, *, has_response: bool) -> Parsed:
    """Return what a completion says, or why it says nothing.

    Malformed output is an ordinary event for a guard in training, so it is a status to be counted and not an
    exception. The whole completion has to match: text before or after the two blocks is ``no_match``.

    Args:
        completion: What the guard wrote.
        has_response: Whether the sample has a response (`proguard.sample.Sample.has_response`), which the completion
            must then judge; it must not judge a response that was not given.
    """
    match = _GRAMMAR.fullmatch(completion)
    if match is None:
        return Parsed(None, "no_match")
    category = match["category"]
    if category != category.strip() or len(category) > MAX_CATEGORY_CHARS:
        return Parsed(None, "no_match")
    if (match["response"] is not None) != has_response:
        return Parsed(None, "wrong_fields")
    verdict = Verdict(
        request=cast(Label, match["request"]),
        response=cast(Label | None, match["response"]),
        category=None if category == "None" else category,
        reasoning=match["reasoning"] or "",
    )
    if verdict.is_unsafe != (verdict.category is not None):
        return Parsed(None, "contradiction")
    if not holds_a_word(verdict.reasoning):
        return Parsed(verdict, "empty_reasoning")
    return Parsed(verdict, "ok")
