"""Other guardrail APIs: LiteLLM's generic guardrail, and the classifier route that NeMo Guardrails asks.

Both name what they do not know as an error: a request that is not understood must not pass.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from proguard.moderate.item import Item
from proguard.moderate.outcome import Outcome
from proguard.serve.errors import ApiError
from proguard.serve.policies import find_policy
from proguard.serve.results import agreeing_score
from proguard.serve.routes import Asked
from proguard.serve.service import Loaded


def read_litellm(content: dict[str, Any], loaded: Loaded) -> Asked:
    """Read a request of LiteLLM's generic guardrail API: all texts of a call, its images and its tool calls.

    The policy is named in the guardrail's ``additional_provider_specific_params: {policy: NAME}``.
    """
    kind = content.get("input_type")
    if kind not in ("request", "response"):
        raise ApiError(400, "invalid_type", "input_type: expected request or response", "input_type")
    extra = content.get("additional_provider_specific_params") or {}
    if not isinstance(extra, Mapping):
        raise ApiError(400, "invalid_type", "additional_provider_specific_params: expected a mapping")
    policy = find_policy(loaded.policies, extra.get("policy"))
    items = _items_of_call(content, kind, loaded)

    def answer(outcomes: Sequence[Outcome], id_: str) -> dict[str, Any]:
        flagged = [outcome for outcome in outcomes if outcome.flagged]
        if not flagged:
            return {"action": "NONE"}
        return {"action": "BLOCKED", "blocked_reason": f"{_reason(flagged[0])} ({id_})"}

    return Asked([(item, policy) for item in items], answer)


def _items_of_call(content: Mapping[str, Any], kind: str, loaded: Loaded) -> list[Item]:
    """Return an item for each text, the last of them with the images; a lone image is an item of its own."""
    reader = loaded.reader
    texts = [text for text in reader.list_of(content, "texts") if not (isinstance(text, str) and not text.strip())]
    texts += [reader.call(call, "tool_calls") for call in reader.list_of(content, "tool_calls")]
    urls = reader.list_of(content, "images")
    reader.check_numbers(n_inputs=len(texts), n_images=len(urls), param="texts")
    images = reader.images((_text(url, "images"), f"images[{i}]") for i, url in enumerate(urls))
    if not texts and not images:
        raise ApiError(400, "empty_input", "texts, images, tool_calls: nothing to judge", "texts")
    side = "request" if kind == "request" else "response"
    items = [reader.item(**{side: text}, param=f"texts[{i}]") for i, text in enumerate(texts[:-1])]
    last = {side: texts[-1]} if texts else {}
    return [*items, reader.item(**last, images=images, param="texts")]


def _text(value: Any, param: str) -> str:
    if not isinstance(value, str):
        raise ApiError(400, "invalid_type", f"{param}: expected a text, found {type(value).__name__}", param)
    return value


def _reason(outcome: Outcome) -> str:
    if outcome.status != "ok":
        return f"no verdict: {outcome.status}"
    return f"unsafe: {outcome.name or 'a risk that the policy does not list'}"


def read_classify(content: dict[str, Any], loaded: Loaded) -> Asked:
    """Read a request of vLLM's classification route, as NeMo's classifier rail sends it: a text, texts, or parts.

    Options of vLLM change nothing; its other form, ``messages``, is an error.
    """
    if content.get("messages") is not None:
        raise ApiError(400, "unknown_parameter", "messages: expected input", "messages")
    policy = find_policy(loaded.policies, content.get("policy"))
    items = loaded.reader.items(content.get("input"), response=content.get("response"))

    def answer(outcomes: Sequence[Outcome], id_: str) -> dict[str, Any]:
        data = [{"index": i, **_label(outcome)} for i, outcome in enumerate(outcomes)]
        return {"id": id_, "object": "list", "model": loaded.identity.guard, "data": data}

    return Asked([(item, policy) for item in items], answer)


def _label(outcome: Outcome) -> dict[str, Any]:
    """Return the label with the probabilities of safe and unsafe; the label has the higher one."""
    unsafe = agreeing_score(outcome)
    return {"label": "unsafe" if outcome.flagged else "safe", "probs": [1.0 - unsafe, unsafe], "num_classes": 2}
