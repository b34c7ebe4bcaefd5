"""`proguard moderate`: a request, a response, images in, the outcome as JSON out; or a file in, a line per row out.

proguard moderate --request "help me with a leaked passport" --response "sorry i cannot help with that"
proguard moderate --image sign.png --explain
proguard moderate --request "..." --policy policy.yaml
proguard moderate --input rows.jsonl --output outcomes.jsonl

exit codes: 0 a verdict; 1 a verdict, unsafe, with --fail-on-unsafe; 2 bad input; 3 no verdict, to be treated as unsafe.
A file gives 3 when a row has no verdict, and a killed run goes on where it stopped when the command is given again.

In a folder each .txt and .md file is a request and each other file an image. A file that begins as a git-lfs pointer,
an HTML page or a server's message does, or is no text in UTF-8, is a bad row; a text that quotes one further on is
judged.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from proguard.moderate.engine_options import add_engine_arguments, check_engine_arguments, load_guard

SUMMARY = "judge a conversation, images, or a file of them"

UNSAFE, NO_VERDICT = 1, 3
"""Exit codes of an unsafe verdict with ``--fail-on-unsafe``, and of an outcome without a verdict."""

_EXPLAINED = ("reasoning", "completion")
"""Keys of the guard's own words, which may repeat what was judged."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--request", help="what the user wrote")
    parser.add_argument("--response", help="what the agent answered")
    parser.add_argument("--image", type=Path, action="append", default=[], help="an image file; may be repeated")
    parser.add_argument("--input", type=Path, help="a .jsonl or .parquet file, or a folder of texts and images")
    parser.add_argument("--output", type=Path, help="where the outcomes of --input go, as JSON lines")
    parser.add_argument("--policy", type=Path, help="YAML or JSON list of codes or {id, name, description}")
    parser.add_argument("--fail-on-unsafe", action="store_true", help="exit with 1 when a verdict is unsafe")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="add the guard's reasoning, or the whole completion when it breaks the format",
    )
    add_engine_arguments(parser, batch_size=64)


def run(options: argparse.Namespace) -> int:
    """Print or write the outcomes; return the exit code.

    Raises:
        ValueError, FileNotFoundError: When the input is not usable; the message is one line.
    """
    from proguard.moderate.item import make_item

    check_engine_arguments(options)
    hidden = () if options.explain else _EXPLAINED
    if options.input is not None:
        try:
            counts = _run_file(options, hidden)
        except RuntimeError as error:
            sys.stderr.write(f"proguard moderate: {error}\n")
            return NO_VERDICT
        sys.stderr.write(", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) + "\n")
        has_verdicts = not (counts["no_verdict"] or counts["bad_input"])
        return _exit_code(has_verdicts, counts["unsafe"] > 0, options)
    if options.output is not None:
        raise ValueError("--output: give --input, the rows that it is about")
    item = make_item(request=options.request, response=options.response, images=options.image)
    guard = load_guard(options)
    outcome = guard.moderate([item], options.policy)[0]
    shown = {key: value for key, value in outcome.to_dict().items() if key not in hidden}
    json.dump(shown, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return _exit_code(outcome.status == "ok", outcome.flagged, options)


def _run_file(options: argparse.Namespace, hidden: tuple[str, ...]) -> Counter[str]:
    from proguard.moderate.bulk import check_output, moderate_file
    from proguard.moderate.bulk_input import list_inputs

    if options.request is not None or options.response is not None or options.image:
        raise ValueError("--input: leave out --request, --response and --image, the rows have them")
    if options.output is None:
        raise ValueError("--input: give --output, a file for the outcomes")
    list_inputs(options.input)
    check_output(options.input, options.output)
    guard = load_guard(options)
    return moderate_file(options.input, options.output, guard, guard.policy(options.policy), hidden=hidden)


def _exit_code(has_verdict: bool, is_unsafe: bool, options: argparse.Namespace) -> int:
    if not has_verdict:
        return NO_VERDICT
    return UNSAFE if is_unsafe and options.fail_on_unsafe else 0
