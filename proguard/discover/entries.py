"""Proposals as the entries of a policy file, which `proguard moderate --policy` and the server read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from proguard.discover.propose import Proposal
from proguard.storage.files import atomic_file

HEADER = """\
# A policy with categories that `proguard discover` proposes. Read each, reword it, delete what is none.
# proguard moderate --policy THIS_FILE; or a file of the server's folder of policies.
"""


def entry_of(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as an entry of a policy; readers of policies use ``id``, ``name`` and ``description``."""
    return {
        "id": proposal.id,
        "name": proposal.name,
        "description": proposal.description,
        "synonyms": list(proposal.synonyms),
        "examples": list(proposal.examples),
    }


def write_policy(listed: Sequence[Any], proposals: Sequence[Proposal], path: Path) -> None:
    """Write a policy file: what is listed already, then the proposals.

    Args:
        listed: Codes and entries, as a policy file holds them.
        proposals: At least one, or the policy lists nothing new.
        path: YAML file.
    """
    content = [*listed, *map(entry_of, proposals)]
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    with atomic_file(path) as temporary:
        temporary.write_text(HEADER + text, encoding="utf-8")
