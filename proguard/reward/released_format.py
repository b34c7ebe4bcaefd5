r"""The verdict as the released reward reads it: the lenient grammar, which the reward ``paper`` uses.

A completion matches when it is, with ``\r?\n`` for each line break:

    <think>ANYTHING</think>\n<answer>\nRequest:safe|unsafe\n(Response:safe|unsafe\n)Category:LINE\n</answer>

followed by at most one ``\n``. ANYTHING may be empty, start or end next to its tags, and hold line breaks and tags,
further think blocks included. LINE is any text without a line break; it is exactly ``None`` when both sides are safe
and is not exactly ``None`` otherwise, and what is left of it without surrounding blanks is the category. So ``None``
with a blank is a name, and a line of blanks is an empty one.

Source: format check of the released reward, github yushaohan/ProGuard at 969c075.
"""

import re

from proguard.sample import Label
from proguard.verdict import Parsed, Verdict

_GRAMMAR = re.compile(
    r"<think>(?P<reasoning>.*)</think>\r?\n<answer>\r?\n"
    r"Request:(?P<request>safe|unsafe)\r?\n"
    r"(?:Response:(?P<response>safe|unsafe)\r?\n)?"
    r"Category:(?P<category>[^\r\n]+)\r?\n</answer>\n?",
    re.DOTALL,
)


def parse_released(completion: str, *, has_response: bool) -> Parsed:
    """Read a completion about a sample as the released reward does.

    Args:
        completion: What the guard wrote.
        has_response: Whether the sample has a response, so that the ``Response`` line is due.
    """
    match = _GRAMMAR.fullmatch(completion)
    if match is None:
        return Parsed(None, "no_match")
    if (match["response"] is not None) != has_response:
        return Parsed(None, "wrong_fields")
    is_safe = "unsafe" not in (match["request"], match["response"])
    if is_safe != (match["category"] == "None"):
        return Parsed(None, "contradiction")
    category = None if is_safe else match["category"].strip()
    response = _label(match["response"]) if has_response else None
    verdict = Verdict(_label(match["request"]), response, category, match["reasoning"].strip())
    return Parsed(verdict, "ok" if verdict.reasoning else "empty_reasoning")


def _label(word: str) -> Label:
    return "safe" if word == "safe" else "unsafe"
