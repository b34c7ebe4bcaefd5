"""The command line `proguard`, also `python -m proguard`: one subcommand per module ``proguard.<name>.command``.

A command module declares ``SUMMARY``, ``add_arguments`` and ``run``. It imports what it needs inside ``run``, so that
``--help`` answers at once.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from proguard.errors import first_line

COMMANDS = {
    "moderate": "proguard.moderate.command",
    "serve": "proguard.serve.command",
    "release": "proguard.release.command",
    "plan": "proguard.plan.command",
    "guards": "proguard.guard_list.command",
    "compare": "proguard.compare.command",
    "discover": "proguard.discovery.command",
    "rotate": "proguard.rotate.command",
    "lab": "proguard.lab.command",
    "params": "proguard.runtime.params_command",
}
"""Module of each subcommand."""

BAD_INPUT = 2
"""Exit code when the input is not usable."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell: 128 and the number of the signal."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one subcommand and exit with its code; bad input and what another process holds exit with `BAD_INPUT`."""
    parser = argparse.ArgumentParser(prog="proguard", description="Build, train, evaluate and run a proactive guard.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: importlib.import_module(path) for name, path in COMMANDS.items()}
    for name, module in modules.items():
        description = (module.__doc__ or "").partition("\n\n")
        subparser = subparsers.add_parser(
            name,
            help=module.SUMMARY,
            description=description[0],
            epilog=description[2],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(subparser)
    options = parser.parse_args(arguments)
    try:
        code = modules[options.command].run(options)
    except (ValueError, OSError, ImportError) as error:
        parser.exit(BAD_INPUT, f"proguard {options.command}: {error}\n")
    except RuntimeError as error:
        parser.exit(BAD_INPUT, f"proguard {options.command}: {first_line(error)}\n")
    except KeyboardInterrupt:
        parser.exit(INTERRUPTED, f"proguard {options.command}: interrupted\n")
    if code:
        sys.exit(code)
