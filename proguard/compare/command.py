"""`proguard compare`: which of two guards is better, on the rows that both were asked about, and whether that is real.

    proguard compare base proguard                 two guards of this folder's predictions
    proguard compare RUN RUN [--guard proguard]    one guard of two pipeline runs, by their MLflow ids

Runs are compared only on the same test sets, under the same taxonomy and label maps, when the same metric code measured
both; otherwise all that differs is named. Their predictions come out of the DVC cache.
"""

import argparse
import sys

SUMMARY = "say which of two guards, or runs, is better, and whether that is real"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("first", help="guard, or MLflow id of a pipeline run")
    parser.add_argument("second", help="likewise; it is compared with the first")
    parser.add_argument("--guard", default="proguard", help="guard of the runs (default: %(default)s)")
    parser.add_argument("--side", choices=["request", "response"], default="request", help="default: %(default)s")
    parser.add_argument("--sets", nargs="*", metavar="SET", help="test sets (default: all)")
    parser.add_argument("--metric", choices=["f1", "weighted_f1"], default="f1", help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Print a sentence a test set; return the exit code.

    Raises:
        ValueError: When there are no such guards or runs, or the runs cannot be compared.
        FileNotFoundError: When a file of predictions is missing.
    """
    from proguard.compare.compared import compare_sets, open_pair

    pair = open_pair(options.first, options.second, guard=options.guard)
    for sentence in compare_sets(pair, sets=options.sets, side=options.side, metric=options.metric):
        sys.stdout.write(f"{sentence}\n")
    return 0
