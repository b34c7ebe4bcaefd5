"""The policies that a request may name: files of one folder, read once when the server starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proguard.moderate.guard import Guard
from proguard.moderate.policy_file import OwnPolicy
from proguard.serve.errors import ApiError

DEFAULT = "default"
"""Name of the guard's own taxonomy, unless a file has that name."""

_SUFFIXES = (".yaml", ".yml", ".json")


def read_policies(guard: Guard, folder: Path | None) -> dict[str, OwnPolicy]:
    """Return the policies of a folder by the names of their files, and `DEFAULT`.

    Raises:
        ValueError: When the folder does not exist, a file is not a policy, or two have one name.
    """
    policies: dict[str, OwnPolicy] = {}
    if folder is not None and not folder.is_dir():
        raise ValueError(f"--policies {folder}: no such folder")
    for file in sorted(folder.iterdir() if folder else ()):
        if file.suffix in _SUFFIXES:
            if file.stem in policies:
                raise ValueError(f"--policies {folder}: two files have the name {file.stem}")
            policies[file.stem] = guard.policy(file)
    return {DEFAULT: guard.policy(), **policies}


def find_policy(policies: Mapping[str, OwnPolicy], name: Any) -> OwnPolicy:
    """Return the policy of a name; ``None`` gives the default.

    Raises:
        ApiError: When there is none of that name.
    """
    if name is None:
        return policies[DEFAULT]
    if not isinstance(name, str) or name not in policies:
        raise ApiError(400, "unknown_policy", f"policy: expected one of {', '.join(sorted(policies))}", "policy")
    return policies[name]
