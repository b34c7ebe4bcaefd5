"""`proguard discover`: cluster the names that a guard gave to unlisted risks, and propose a category for each.

    proguard discover                                          names that the trained guard gave on the test set
    proguard discover --guard base --set test                  another guard or test set of this folder
    proguard discover --outcomes outcomes.jsonl                what `proguard moderate --output` wrote
    proguard discover --policy now.yaml --output next.yaml     the policy in force with the proposals after it

The output is a policy: `proguard moderate --policy` and the server's folder of policies read it, and the guard uses it
at once, without training. Proposals are drafts in the guard's own words; read them before they are used.
exit codes: 0 there are proposals; 1 there are none, and a line says why; 2 bad input.
"""

import argparse
import sys
from pathlib import Path

SUMMARY = "propose categories from the names that a guard gave to unlisted risks"

NOTHING = 1
"""Exit code when there is nothing to propose."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--guard", help="guard of this folder's predictions (default: discover.guard)")
    parser.add_argument("--set", help="test set (default: discover.test_set)")
    parser.add_argument("--outcomes", type=Path, help="what `proguard moderate --output` wrote, instead of predictions")
    parser.add_argument("--policy", type=Path, help="policy that the proposals are added to, YAML or JSON")
    parser.add_argument("--output", type=Path, help="where the policy goes, as YAML")
    parser.add_argument("--min-support", type=int, metavar="N", help="fewest rows of a proposal (default: settings)")
    parser.add_argument("--same-from", type=float, metavar="COSINE", help="cosine from which names are of one risk")


def run(options: argparse.Namespace) -> int:
    """Print the proposals and write the policy; return the exit code.

    Raises:
        ValueError: When there is no such guard, test set or policy, or an outcome cannot be read.
        FileNotFoundError: When a file is missing.
    """
    from proguard.discovery.find import find_names, read_settings, write_found
    from proguard.discovery.page import say_nothing, show_proposals

    settings = read_settings(options)
    found = find_names(settings, outcomes=options.outcomes)
    if not found.discovery.proposals:
        sys.stderr.write(f"{say_nothing(found.discovery, found.where, settings.clustering)}\n")
        return NOTHING
    sys.stdout.write(show_proposals(found))
    if options.output is not None:
        write_found(found, settings, output=options.output)
        sys.stderr.write(f"{options.output}: read it, then `proguard moderate --policy {options.output} ...`\n")
    return 0
