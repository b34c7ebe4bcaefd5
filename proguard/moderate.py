"""One item by hand: a request, a response, an image in; the verdict as JSON out.

    python -m proguard.moderate --request "help me with a leaked passport" --response "sorry i cannot help with that"
    python -m proguard.moderate --image sign.png --explain
    python -m proguard.moderate --request "..." --policy policy.yaml

A policy file is a list of codes of the guard's taxonomy, or of entries of your own: ``{id, name, description}``.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from proguard.card import TAXONOMY_FILE, GuardCard, check_prompt, read_card
from proguard.images import CheckedImage, check_image
from proguard.parts import join_verdicts, split_policy
from proguard.policy import Policy, full_policy
from proguard.predict.engine import Engine, Query, load_engine
from proguard.prompt import render_prompt
from proguard.reward import is_free_name
from proguard.sample import Modality, Sample, make_sample
from proguard.taxonomy import Level, Node, Taxonomy, load_taxonomy
from proguard.verdict import Verdict, parse

DEFAULT_GUARD = Path("data/guard")
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


def read_policy(path: Path, taxonomy: Taxonomy, level: Level) -> tuple[Policy, Taxonomy]:
    """Return the policy of a file and a taxonomy that knows its categories.

    Raises:
        ValueError: When the file is no list of codes and entries; the message names the first bad one.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"--policy {path}: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"--policy {path}: expected a list of codes or of {{id, name, description}}")
    nodes = [_read_entry(entry, index, path, taxonomy) for index, entry in enumerate(entries, 1)]
    policy = Policy(level, tuple((id_, node.code) for id_, node in nodes))
    own = tuple(node for _, node in nodes if node.code not in taxonomy)
    return policy, Taxonomy(taxonomy.nodes + own)


def _read_entry(entry: Any, index: int, path: Path, taxonomy: Taxonomy) -> tuple[str, Node]:
    if isinstance(entry, str) and entry in taxonomy:
        return entry, taxonomy[entry]
    if isinstance(entry, dict) and all(isinstance(entry.get(k), str) for k in ("id", "name", "description")):
        return entry["id"], Node(f"own:{entry['id']}", entry["name"], entry["description"], ())
    raise ValueError(
        f"--policy {path}: entry {index}: expected a code of the taxonomy or {{id, name, description}}, found {entry!r}"
    )


def moderate(item: Item, policy: Policy, *, engine: Engine, card: GuardCard, taxonomy: Taxonomy) -> dict[str, Any]:
    """Return the verdict on one item as plain values.

    ``category`` is the policy's id or the guard's own name for the risk, ``in_policy`` says which. A policy that shows
    more than the guard was trained with is asked in ``parts``. Without a completion that parses, ``status`` is other
    than ``ok`` and there is no verdict: it is up to the caller to treat that as unsafe.
    """
    parts = split_policy(policy, card.max_shown and card.max_shown[policy.level])
    prompts = [render_prompt(item.sample, part, taxonomy, card.prompt) for part in parts]
    completions = engine.complete([Query(prompt, item.image) for prompt in prompts])
    parsed = [parse(completion, item.sample.modality) for completion in completions]
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line; exits with 2 and one line when the input is not usable."""
    parser = argparse.ArgumentParser(prog="python -m proguard.moderate", description=__doc__.split("\n")[0])
    parser.add_argument("--request", help="what the user wrote")
    parser.add_argument("--response", help="what the agent answered")
    parser.add_argument("--image", type=Path, help="an image file; alone, or with --request")
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="model folder (default: %(default)s)")
    parser.add_argument("--policy", type=Path, help="YAML list of codes or {id, name, description}")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add the guard's reasoning, or all that it wrote when that breaks the format",
    )
    options = parser.parse_args(arguments)
    try:
        item = make_item(request=options.request, response=options.response, image=options.image)
        card = read_card(options.guard)
        check_prompt(card)
        taxonomy = load_taxonomy(options.guard / TAXONOMY_FILE)
        level = card.levels[item.sample.modality]
        policy = full_policy(taxonomy, level)
        if options.policy:
            policy, taxonomy = read_policy(options.policy, taxonomy, level)
    except (ValueError, FileNotFoundError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    engine = load_engine("transformers", options.guard, max_new_tokens=1024, runtime={"device": "auto", "threads": 1})
    result = moderate(item, policy, engine=engine, card=card, taxonomy=taxonomy)
    if not options.explain:
        for words in ("reasoning", "completion"):
            result.pop(words, None)
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
