"""`proguard params`: say which keys of conf/ and params.yaml differ, or compose conf/ into params.yaml.

proguard params            say which keys differ or have a value that is not allowed; exit 1 or 2 when some do
proguard params --write    compose without running anything
"""

import argparse
import sys

SUMMARY = "compare params.yaml with conf/, or compose it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--write", action="store_true", help="compose conf/ into params.yaml")
    parser.add_argument("overrides", nargs="*", help="Hydra overrides, such as profile=open")


def run(options: argparse.Namespace) -> int:
    """Compare or compose; return the exit code.

    Raises:
        ValueError: When an override cannot be composed, or a setting is not allowed.
    """
    from proguard.runtime.allowed import check_settings
    from proguard.runtime.params import compose_params, stale_message, write_params

    check_settings(compose_params(overrides=options.overrides))
    if options.write:
        write_params(options.overrides)
    elif message := stale_message():
        sys.stderr.write(message + "\n")
        return 1
    return 0
