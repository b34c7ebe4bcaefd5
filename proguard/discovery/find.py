"""From a test set's predictions, or an application's outcomes, to proposals and a policy."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proguard.discover.entries import write_policy
from proguard.discover.given import Given, names_of_rows
from proguard.discover.propose import Discovery, propose
from proguard.discover.run import DiscoverOptions, discovery_json
from proguard.moderate.policy_file import OwnPolicy, read_policy
from proguard.naming import NameBank, SimilarityConfig, is_free_name
from proguard.readings.table import read_predictions
from proguard.row import read_rows
from proguard.runtime.inputs import check_inputs
from proguard.runtime.params import read_params
from proguard.runtime.reading import CHECK_OUT, reading
from proguard.storage.stand_in import check_data
from proguard.storage.yaml_file import read_yaml
from proguard.strict_json import parse_json
from proguard.taxonomy import Taxonomy, load_taxonomy

MAX_CATEGORIES = 10_000
"""More than any guard takes; the guard that is given the policy checks its own limit."""


_NEEDS = (
    "discover",
    "similarity",
    *(f"paths.{name}" for name in ("predictions", "splits", "taxonomy")),
    *(f"predict.{name}" for name in ("guards", "test_sets")),
)
"""Settings that are read."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is looked at, and how."""

    params: Mapping[str, Any]
    options: DiscoverOptions
    taxonomy: Taxonomy
    listed: tuple[Any, ...]
    """Entries of the policy in force."""

    taken: tuple[str, ...]
    """Ids that proposals must not have: codes of the taxonomy, ids of the policy."""

    in_force: OwnPolicy
    """The policy in force, of no category when there is none."""

    @property
    def clustering(self) -> dict[str, Any]:
        """The settings of the clusters."""
        return self.options.clustering


@dataclass(frozen=True, slots=True)
class Found:
    """A discovery and where it was made."""

    discovery: Discovery
    rows: int
    """Rows that were looked at."""

    where: str
    """For sentences."""

    true: tuple[Mapping[str, int], ...] | None
    """Of each proposal, its rows by true category, most first; ``None`` where nobody knows."""


def read_settings(options: argparse.Namespace) -> Settings:
    """Return the settings of params.yaml with those of the command line.

    Raises:
        FileNotFoundError: When there is no params.yaml here.
        ValueError: When the policy or a setting is not usable.
    """
    params = read_params(needs=_NEEDS)
    given = {
        "guard": options.guard,
        "test_set": options.set,
        "min_support": options.min_support,
        "same_from": options.same_from,
    }
    own = replace(DiscoverOptions(**params["discover"]), **{k: v for k, v in given.items() if v is not None})
    check_inputs(params["paths"])
    taxonomy, listed = load_taxonomy(params["paths"]["taxonomy"]), ()
    in_force = OwnPolicy((), taxonomy)
    if options.policy is not None:
        in_force = read_policy(options.policy, taxonomy, max_categories=MAX_CATEGORIES)
        listed = tuple(_read_entries(options.policy))
    return Settings(params, own, taxonomy, listed, (*(node.code for node in taxonomy), *in_force.names), in_force)


def find_names(settings: Settings, *, outcomes: Path | None) -> Found:
    """Return the proposals that the names of a test set, or of a file of outcomes, give.

    Raises:
        ValueError: When there is no such guard or test set, or a line is no outcome.
        FileNotFoundError: When a file is missing.
    """
    bank = NameBank(settings.taxonomy, SimilarityConfig(**settings.params["similarity"]))
    clustering = {**settings.clustering, "taken": settings.taken}
    if outcomes is not None:
        if not outcomes.is_file():
            raise FileNotFoundError(f"{outcomes}: no such file")
        records = list(read_outcomes(outcomes))
        named = _keep_new([row for row in records if row is not None], settings.in_force)
        return Found(propose(named, bank.embed, **clustering), len(records), str(outcomes), None)
    rows_file, predictions = _files_of(settings)
    with reading(rows_file, CHECK_OUT):
        rows = read_rows(rows_file, settings.taxonomy)
    with reading(predictions, CHECK_OUT):
        readings = {id_: prediction.reading for id_, prediction in read_predictions(predictions).items()}
    given = _keep_new(names_of_rows(rows, readings, settings.taxonomy), settings.in_force)
    discovery = propose(given, bank.embed, **clustering)
    true = tuple(entry["true"] for entry in discovery_json(discovery, given, rows, settings.taxonomy))
    where = f"guard {settings.options.guard} on {settings.options.test_set}"
    return Found(discovery, len(rows), where, true)


def _keep_new(given: Sequence[Given], in_force: OwnPolicy) -> list[Given]:
    """Return the rows whose name says something, and nothing that the policy in force lists already."""
    policy = in_force.at("subcategory")
    return [row for row in given if is_free_name(row.name, policy, in_force.taxonomy)]


def read_outcomes(path: Path) -> Iterator[Given | None]:
    """Yield each row of a file of outcomes: its name where the policy did not list the risk, ``None`` otherwise.

    Raises:
        ValueError: When the file is a pointer or a page, or a line is no outcome; the message names file and line.
    """
    check_data(str(path), path)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            record = _read_line(line, f"{path} line {number}")
            name = record.get("name")
            is_unlisted = record["flagged"] and record.get("in_policy") is False
            if is_unlisted and isinstance(name, str) and name.strip():
                yield Given(str(record.get("id", record.get("row", number))), name)
            else:
                yield None


def _read_line(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = parse_json(line)
    except (ValueError, RecursionError) as error:
        fault = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"{where}: expected JSON: {fault}") from error
    if not isinstance(record, dict) or not isinstance(record.get("flagged"), bool):
        raise ValueError(f"{where}: expected an outcome of `proguard moderate --output`")
    return record


def write_found(found: Found, settings: Settings, *, output: Path) -> None:
    """Write the policy in force and the proposals after it, and check it as a guard would.

    Raises:
        ValueError: When the file is not a policy that can be read back.
    """
    write_policy(settings.listed, found.discovery.proposals, output)
    read_policy(output, settings.taxonomy, max_categories=MAX_CATEGORIES)


def _files_of(settings: Settings) -> tuple[Path, Path]:
    params, own = settings.params, settings.options
    if own.guard not in params["predict"]["guards"]:
        raise ValueError(f"no guard {own.guard!r}; predict.guards has {', '.join(params['predict']['guards'])}")
    if own.test_set not in params["predict"]["test_sets"]:
        raise ValueError(f"no test set {own.test_set!r}; there are {', '.join(params['predict']['test_sets'])}")
    rows = Path(params["paths"]["splits"]) / f"{own.test_set}.parquet"
    return rows, Path(params["paths"]["predictions"]) / f"{own.guard}-{own.test_set}.parquet"


def _read_entries(path: Path) -> list[Any]:
    return parse_json(path.read_text(encoding="utf-8-sig")) if path.suffix == ".json" else read_yaml(path)
