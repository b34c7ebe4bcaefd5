"""`proguard moderate`: a request, a response, images in; the outcome as JSON out.

proguard moderate --request "help me with a leaked passport" --response "sorry i cannot help with that"
proguard moderate --image sign.png --explain
proguard moderate --request "..." --policy policy.yaml

exit codes: 0 a verdict; 1 a verdict, unsafe, with --fail-on-unsafe; 2 bad input; 3 no verdict, to be treated as unsafe
"""

import argparse
import json
import sys
from pathlib import Path

SUMMARY = "judge a conversation, images, or both"

DEFAULT_GUARD = Path("data/guards/proguard")

UNSAFE, NO_VERDICT = 1, 3
"""Exit codes of an unsafe verdict with ``--fail-on-unsafe``, and of an outcome without a verdict."""

_EXPLAINED = ("reasoning", "completion")
"""Keys of the guard's own words, which may repeat what was judged."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--request", help="what the user wrote")
    parser.add_argument("--response", help="what the agent answered")
    parser.add_argument("--image", type=Path, action="append", default=[], help="an image file; may be repeated")
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="guard folder (default: %(default)s)")
    parser.add_argument("--policy", type=Path, help="YAML or JSON list of codes or {id, name, description}")
    parser.add_argument("--fail-on-unsafe", action="store_true", help="exit with 1 when the verdict is unsafe")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add the guard's reasoning, or the whole completion when it breaks the format",
    )


def run(options: argparse.Namespace) -> int:
    """Print the outcome; return the exit code.

    Raises:
        ValueError, FileNotFoundError: When the input is not usable; the message is one line.
    """
    from proguard.moderate.guard import Guard
    from proguard.moderate.item import make_item

    item = make_item(request=options.request, response=options.response, images=options.image)
    guard = Guard.load(options.guard)
    outcome = guard.moderate([item], options.policy)[0]
    shown = {key: value for key, value in outcome.to_dict().items() if options.explain or key not in _EXPLAINED}
    json.dump(shown, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    if outcome.status != "ok":
        return NO_VERDICT
    return UNSAFE if outcome.flagged and options.fail_on_unsafe else 0
