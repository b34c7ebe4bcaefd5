"""params.yaml against conf/: composed by `dvc exp run`, committed, never edited by hand.

`dvc repro` does not compose, so an edit under conf/ would be overlooked; the stage check_params looks for that.

    python -m proguard.params            say which keys differ
    python -m proguard.params --write    compose conf/ into params.yaml without running anything
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

CONF = Path("conf")
PARAMS = Path("params.yaml")


def compose_params(conf: Path = CONF, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the composed and resolved configuration, as `dvc exp run` writes it."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(conf.resolve()), version_base="1.3"):
        composed = compose("config", overrides=list(overrides))
    return OmegaConf.to_container(composed, resolve=True)


def differing_keys(composed: dict[str, Any], committed: dict[str, Any]) -> list[str]:
    """Return ``key: committed -> composed`` of every leaf that differs, sorted."""
    new, old = dict(flatten(composed)), dict(flatten(committed))
    absent = "absent"
    return [
        f"{key}: {old.get(key, absent)!r} -> {new.get(key, absent)!r}"
        for key in sorted(new.keys() | old.keys())
        if new.get(key, absent) != old.get(key, absent)
    ]


def stale_message(conf: Path = CONF, params: Path = PARAMS) -> str | None:
    """Return what differs between conf/ and params.yaml and what to run; ``None`` when nothing does."""
    committed = OmegaConf.to_container(OmegaConf.load(params))
    differences = differing_keys(compose_params(conf), committed)
    if not differences:
        return None
    return (
        f"{params} is not what {conf}/ composes to:\n  "
        + "\n  ".join(differences)
        + "\nRun `dvc exp run` to compose and rebuild. Values set by `-S` belong to the experiment that set them: keep"
        " them as a file in conf/experiment/ and run `dvc exp run -S experiment=<name>`."
    )


def flatten(content: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings as dotted key and value; a list is a leaf."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from flatten(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, content


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="compose conf/ into params.yaml")
    parser.add_argument("overrides", nargs="*", help="Hydra overrides, such as profile=open")
    arguments = parser.parse_args()
    if arguments.write:
        from dvc.utils.hydra import compose_and_dump

        compose_and_dump(PARAMS, str(CONF.resolve()), None, "config", str(Path.cwd()), arguments.overrides)
    elif message := stale_message():
        sys.exit(message)


if __name__ == "__main__":
    main()
