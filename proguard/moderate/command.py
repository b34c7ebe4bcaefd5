"""`proguard moderate`: a request, a response, an image in; the verdict as JSON out.

proguard moderate --request "help me with a leaked passport" --response "sorry i cannot help with that"
proguard moderate --image sign.png --explain
proguard moderate --request "..." --policy policy.yaml
"""

import argparse
import json
import sys
from pathlib import Path

SUMMARY = "judge a conversation, an image, or both"

DEFAULT_GUARD = Path("data/guards/proguard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--request", help="what the user wrote")
    parser.add_argument("--response", help="what the agent answered")
    parser.add_argument("--image", type=Path, help="an image file; alone, or with --request")
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="guard folder (default: %(default)s)")
    parser.add_argument("--policy", type=Path, help="YAML list of codes or {id, name, description}")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add the guard's reasoning, or the whole completion when it breaks the format",
    )


def run(options: argparse.Namespace) -> int:
    """Print the verdict; return the exit code.

    Raises:
        ValueError, FileNotFoundError: When the input is not usable; the message is one line.
    """
    from proguard.card import TAXONOMY_FILE, check_prompt, read_card
    from proguard.inference.load import load_engine
    from proguard.moderate.guard import make_item, moderate
    from proguard.moderate.policy_file import read_policy
    from proguard.policy import full_policy
    from proguard.taxonomy import load_taxonomy

    item = make_item(request=options.request, response=options.response, image=options.image)
    card = read_card(options.guard)
    check_prompt(card)
    taxonomy = load_taxonomy(options.guard / TAXONOMY_FILE)
    level = card.levels[item.sample.modality]
    policy = full_policy(taxonomy, level)
    if options.policy:
        policy, taxonomy = read_policy(options.policy, taxonomy, level)
    engine = load_engine("transformers", options.guard, max_new_tokens=1024, runtime={"device": "auto", "threads": 1})
    result = moderate(item, policy, engine=engine, card=card, taxonomy=taxonomy)
    if not options.explain:
        for words in ("reasoning", "completion"):
            result.pop(words, None)
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0
