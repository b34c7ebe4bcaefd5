"""`proguard release`: a trained guard, or the data set, as a folder for the Hugging Face hub.

proguard release
proguard release --output release --register proguard --alias champion
proguard release --push my-organisation/proguard          as a pull request
proguard release --dataset                                the splits, as `datasets.load_dataset` reads them
proguard release --dataset --prompt-of-guard              the same, with the prompts of its guard
"""

import argparse
import sys
from pathlib import Path

from proguard.moderate.engine_options import DEFAULT_GUARD

SUMMARY = "make a release of a trained guard, or of the data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="guard folder (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="where to (default: release, of a data set release_data)")
    parser.add_argument("--pipeline", type=Path, default=Path(), help="folder of the pipeline's params.yaml")
    parser.add_argument("--name", default="proguard", help="name of the model (default: %(default)s)")
    parser.add_argument("--licence", default="other", help="licence of the weights, as the hub spells it")
    parser.add_argument("--register", metavar="NAME", help="register it in MLflow under this name")
    parser.add_argument("--alias", default="champion", help="alias of the version in MLflow (default: %(default)s)")
    parser.add_argument("--tracking-uri", help="MLflow's server or database (default: MLFLOW_TRACKING_URI, mlflow.db)")
    parser.add_argument("--push", metavar="REPOSITORY", help="upload it to the hub as a pull request")
    dataset = parser.add_argument_group("data set")
    dataset.add_argument("--dataset", action="store_true", help="release the splits instead of a guard")
    dataset.add_argument(
        "--include",
        metavar="SOURCE",
        action="append",
        default=[],
        help="release its rows, whatever its terms; repeatable",
    )
    dataset.add_argument(
        "--withhold", metavar="SOURCE", action="append", default=[], help="release its rows as ids; repeatable"
    )
    dataset.add_argument(
        "--prompt-of-guard",
        action="store_true",
        help="word prompts as the pipeline's guard is trained on them (default: full style, texts uncut)",
    )


def run(options: argparse.Namespace) -> int:
    """Write, check, register and push the release; return the exit code.

    Raises:
        ValueError, FileNotFoundError: When the guard is damaged, the pipeline has not run, a source is unknown, or the
            output is no release.
        RuntimeError: When another process writes the same output, or the release fails its check.
    """
    from proguard.release.output import hold_output
    from proguard.runtime.signals import exit_on_signals

    exit_on_signals()
    if options.dataset:
        output = options.output or Path("release_data")
        with hold_output(output, "dataset"):
            return _release_dataset(options, output)
    output = options.output or Path("release")
    with hold_output(output, "model"):
        return _release_guard(options, output)


def _release_guard(options: argparse.Namespace, output: Path) -> int:
    from proguard.release.folder import check_release, write_release
    from proguard.release.record import read_record
    from proguard.release.registry import open_registry, register

    # Before the release is written and loaded, which takes longer.
    registry = open_registry(options.tracking_uri) if options.register else None
    record = read_record(options.pipeline, options.guard.name)
    write_release(options.guard, output, record, name=options.name, licence=options.licence)
    check_release(options.guard, output)
    sys.stdout.write(f"{output}: written, and loads with equal outcomes\n")
    if registry is not None:
        address = register(output, registry, name=options.register, alias=options.alias)
        sys.stdout.write(f"{address}: registered\n")
    if options.push:
        from proguard.release.push import push

        sys.stdout.write(f"{push(output, options.push)}: opened\n")
    return 0


def _release_dataset(options: argparse.Namespace, output: Path) -> int:
    from proguard.release.dataset.folder import write_dataset

    written = write_dataset(
        options.pipeline,
        output,
        name=options.name,
        include=options.include,
        withhold=options.withhold,
        prompt_of_guard=options.prompt_of_guard,
    )
    for each in written:
        withheld = f", {each.withheld:,} of them as ids" if each.withheld else ""
        sys.stdout.write(f"{output}: {each.name}, {each.rows:,} rows{withheld}\n")
    if options.push:
        from proguard.release.push import push

        sys.stdout.write(f"{push(output, options.push, kind='dataset')}: opened\n")
    return 0
