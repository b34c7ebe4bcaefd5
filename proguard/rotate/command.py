"""`proguard rotate`: train a guard for each fold of the categories, so that every category was novel once; one table.

    proguard rotate                              all folds of this commit, one after the other
    proguard rotate --folds 2 3                  some of them; two terminals may share the folds
    proguard rotate rl_train.steps=260           under overrides, which every fold gets
    proguard rotate --table                      the table of the folds that are finished; runs nothing

A fold runs in a clone under .work/rotation, with the DVC cache of this project. Given again after a kill, the command
goes on where it was: finished folds and stages are not run again, and a training continues from its last checkpoint.
"""

import argparse
import sys
from pathlib import Path

SUMMARY = "train every fold, so that every category was novel once, and print one table"

WORK = Path(".work/rotation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--folds", type=int, nargs="+", metavar="FOLD", help="folds to run (default: all)")
    parser.add_argument("--table", action="store_true", help="run nothing, print the table of the finished folds")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the folds (default: %(default)s)")
    parser.add_argument("overrides", nargs="*", help="Hydra overrides of every fold, such as rl_train.steps=260")


def run(options: argparse.Namespace) -> int:
    """Run the folds and write the table; return the exit code.

    Raises:
        ValueError: When there is no such fold, an override is refused, or files that decide the result are not
            committed.
        OSError: When a fold fails; the others are not begun.
    """
    from proguard.rotate.run import open_rotation, rotate, write_tables
    from proguard.runtime.signals import exit_on_signals

    exit_on_signals()
    rotation, settings = open_rotation(options.work, overrides=options.overrides, folds=options.folds)
    if not options.table:
        rotate(rotation, settings, folds=options.folds)
    sys.stdout.write(write_tables(rotation, settings))
    return 0
