"""`proguard plan`: what a run reads and from where, under which terms, how much, and at what cost.

    make plan PROFILE=paper
    proguard plan profile=paper [Hydra overrides]

It composes conf/ and looks into the mirror and the cache; it asks no server and changes nothing.
"""

import argparse
import sys

SUMMARY = "say what a run would read, download and cost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("overrides", nargs="*", help="Hydra overrides, such as profile=paper")


def run(options: argparse.Namespace) -> int:
    """Print the plan; return the exit code.

    Raises:
        ValueError: When an override cannot be composed, or a setting is not allowed.
    """
    from proguard.plan.tables import print_plan
    from proguard.runtime.allowed import check_settings
    from proguard.runtime.params import compose_params

    params = compose_params(overrides=options.overrides)
    check_settings(params)
    print_plan(params, stream=sys.stdout)
    return 0
