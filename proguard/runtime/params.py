"""params.yaml against conf/: composed by `dvc exp run`, committed, never edited by hand.

`dvc repro` does not compose, so an edit under conf/ would be overlooked; the stage check_params looks for that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from proguard.flatten import flatten
from proguard.runtime.allowed import find_faults_of
from proguard.runtime.reading import reading

CONF = Path("conf")
PARAMS = Path("params.yaml")

REMEDY = "`proguard params --write` composes it from conf/"
"""What to do about a params.yaml that is damaged."""


def compose_params(conf: Path = CONF, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the composed and resolved configuration, as `dvc exp run` writes it.

    Raises:
        ValueError: When an override names no key or option, or a value cannot be resolved.
    """
    return _compose(conf, "config", overrides, resolve=True)


def compose_unresolved(conf: Path = CONF, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Return the composed configuration with its interpolations, ``${...}``.

    Raises:
        ValueError: When an override names no key or option.
    """
    return _compose(conf, "config", overrides, resolve=False)


def override_params(params: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """Return params.yaml under overrides of the command line.

    Raises:
        ValueError: When an override is not of Hydra's grammar, or names no key.
    """
    return _compose(params.parent, params.stem, overrides, resolve=True)


def _compose(folder: Path, name: str, overrides: Sequence[str], *, resolve: bool) -> dict[str, Any]:
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException, OverrideParseException

    try:
        with initialize_config_dir(str(folder.resolve()), version_base="1.3"):
            composed = compose(name, overrides=list(overrides))
        return OmegaConf.to_container(composed, resolve=resolve)
    except OverrideParseException as error:
        raise ValueError(f"override {error.override!r}: expected <key>=<value> in Hydra's grammar") from error
    except (HydraException, OmegaConfBaseException, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{folder}: {_on_one_line(str(error))}") from error


def _on_one_line(message: str) -> str:
    """Return what a message of Hydra says, without the search path that ends some."""
    return " ".join(message.partition("\nConfig search path:")[0].split())


def read_params(path: Path = PARAMS, *, needs: Sequence[str] = ()) -> dict[str, Any]:
    """Return params.yaml, resolved.

    Args:
        path: The file.
        needs: Keys, or the first parts of keys, that have to be there with a value that is allowed.

    Raises:
        FileNotFoundError: When there is no such file.
        ValueError: When it is damaged, or a key that is needed is missing or not allowed; the message is one line.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no {path} here; run from the project's root, or run `dvc repro` first")
    with reading(path, REMEDY):
        params = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
        if not isinstance(params, dict):
            raise ValueError(f"expected settings by key, found a {type(params).__name__}")
        if faults := find_faults_of(params, needs):
            raise ValueError("; ".join(faults))
    return params


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
    committed = read_params(params)
    differences = differing_keys(compose_params(conf), committed)
    if not differences:
        return None
    return (
        f"{params} is not what {conf}/ composes to:\n  "
        + "\n  ".join(differences)
        + "\nRun `dvc exp run` to compose and rebuild. Values set by `-S` belong to the experiment that set them: keep"
        " them as a file in conf/experiment/ and run `dvc exp run -S experiment=<name>`."
    )


def write_params(overrides: Sequence[str] = (), conf: Path = CONF, params: Path = PARAMS) -> None:
    """Compose conf/ into params.yaml without running anything, as `dvc exp run` does before it runs."""
    from dvc.utils.hydra import compose_and_dump

    compose_and_dump(params, str(conf.resolve()), None, "config", str(Path.cwd()), list(overrides))
