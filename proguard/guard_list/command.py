"""`proguard guards`: the guards of conf/guard, and what each needs to be asked.

    proguard guards                 one line a guard
    proguard guards llama_guard_4   all that is known of one

Nothing is loaded and no server is asked. A guard joins a run with -S +guard=<name>.
"""

import argparse
import sys
from pathlib import Path

SUMMARY = "list the guards that can be compared with, and what each needs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("name", nargs="?", help="one guard, in full")
    parser.add_argument("--conf", type=Path, default=Path("conf/guard"), help="entries (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print the list; return the exit code.

    Raises:
        ValueError: When there is no such guard.
    """
    from proguard.guard_list.catalogue import print_guard, print_guards, read_catalogue

    catalogue = read_catalogue(options.conf)
    if options.name is None:
        print_guards(catalogue, sys.stdout)
    elif options.name in catalogue:
        print_guard(options.name, catalogue[options.name], sys.stdout)
    else:
        raise ValueError(f"no guard {options.name!r} in {options.conf}; it has {', '.join(catalogue)}")
    return 0
