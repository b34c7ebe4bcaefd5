"""`proguard release`: a trained guard as a folder for the Hugging Face hub, and in MLflow's registry.

proguard release
proguard release --output release --register proguard --alias champion
proguard release --push my-organisation/proguard          as a pull request
"""

import argparse
import sys
from pathlib import Path

from proguard.moderate.engine_options import DEFAULT_GUARD

SUMMARY = "make a release of a trained guard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="guard folder (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("release"), help="where to (default: %(default)s)")
    parser.add_argument("--pipeline", type=Path, default=Path(), help="folder of the pipeline's metrics.json")
    parser.add_argument("--name", default="proguard", help="name of the model (default: %(default)s)")
    parser.add_argument("--licence", default="other", help="licence of the weights, as the hub spells it")
    parser.add_argument("--register", metavar="NAME", help="register it in MLflow under this name")
    parser.add_argument("--alias", default="champion", help="alias of the version in MLflow (default: %(default)s)")
    parser.add_argument("--tracking-uri", help="MLflow's server or database (default: MLFLOW_TRACKING_URI, mlflow.db)")
    parser.add_argument("--push", metavar="REPOSITORY", help="upload it to the hub as a pull request")


def run(options: argparse.Namespace) -> int:
    """Write, check, register and push the release; return the exit code.

    Raises:
        ValueError, FileNotFoundError: When the guard is damaged, or the pipeline has not run.
    """
    from proguard.release.folder import check_release, write_release
    from proguard.release.record import read_record

    record = read_record(options.pipeline, options.guard.name)
    write_release(options.guard, options.output, record, name=options.name, licence=options.licence)
    check_release(options.guard, options.output)
    sys.stdout.write(f"{options.output}: written, and loads with equal outcomes\n")
    if options.register:
        from proguard.release.registry import register

        address = register(
            options.output, name=options.register, alias=options.alias, tracking_uri=options.tracking_uri
        )
        sys.stdout.write(f"{address}: registered\n")
    if options.push:
        from proguard.release.push import push

        sys.stdout.write(f"{push(options.output, options.push)}: opened\n")
    return 0
