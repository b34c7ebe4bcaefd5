"""One item judged by a guard: its verdict under a policy, as plain values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.card import GuardCard
from proguard.inference.engine import Engine, Query
from proguard.moderate.parts import join_verdicts, split_policy
from proguard.naming import is_free_name
from proguard.policy import Policy
from proguard.prompt import render_prompt
from proguard.sample import Modality, Sample, make_sample
from proguard.storage.images import CheckedImage, check_image
from proguard.taxonomy import Taxonomy
from proguard.verdict import Verdict, parse

MAX_PIXELS = 40_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """What is judged."""

    sample: Sample
    image: bytes | None


def make_item(*, request: str | None, response: str | None, image: Path | None) -> Item:
    """Return what the command line asks about.

    Raises:
        ValueError: When nothing is given, a response stands without a request, or the image does not decode.
    """
    if response is not None and request is None:
        raise ValueError("--response answers a request: give --request too")
    if request is None and image is None:
        raise ValueError("nothing to judge: give --request, --image or both")
    checked: CheckedImage | None = None
    if image is not None:
        try:
            checked = check_image(image.read_bytes(), MAX_PIXELS)
        except (OSError, ValueError) as error:
            raise ValueError(f"--image {image}: {error}") from error
    modality: Modality = "text" if image is None else "image" if request is None else "text_image"
    sample = make_sample(
        source="moderate",
        modality=modality,
        request=request,
        response=response,
        image=checked and checked.sha256,
        request_label=None,
    )
    return Item(sample, checked and checked.content)


def moderate(item: Item, policy: Policy, *, engine: Engine, card: GuardCard, taxonomy: Taxonomy) -> dict[str, Any]:
    """Return the verdict on one item as plain values.

    ``category`` is the policy's id or the guard's own name for the risk, ``in_policy`` says which. A policy that shows
    more than the guard was trained with is asked in ``parts``. Without a completion that parses, ``status`` is other
    than ``ok`` and there is no verdict: it is up to the caller to treat that as unsafe.
    """
    parts = split_policy(policy, card.max_shown and card.max_shown[policy.level])
    prompts = [render_prompt(item.sample, part, taxonomy, card.prompt) for part in parts]
    completions = engine.complete([Query(prompt, item.image) for prompt in prompts])
    parsed = [parse(completion, has_response=item.sample.has_response) for completion in completions]
    verdicts = [p.verdict for p in parsed if p.is_well_formed]
    result: dict[str, Any] = {"modality": item.sample.modality, "parts": len(parts)}
    if not verdicts:
        return result | {"status": parsed[0].status, "completion": completions[0]}
    return result | {"status": "ok"} | _describe(join_verdicts(verdicts, policy), policy, taxonomy)


def _describe(verdict: Verdict, policy: Policy, taxonomy: Taxonomy) -> dict[str, Any]:
    said = verdict.category
    code = None if said is None else policy.code_of(said)
    named = said is not None and code is None and is_free_name(said, policy, taxonomy)
    return {
        "request": verdict.request,
        "response": verdict.response,
        "category": said,
        "category_name": taxonomy[code].name if code else said if named else None,
        "in_policy": None if said is None else code is not None,
        "reasoning": verdict.reasoning,
    }
