"""A discovery from a test set: its settings, its trial, and what both are summed up to."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import polars as pl

from proguard.discover.cluster import Encode
from proguard.discover.entries import entry_of
from proguard.discover.given import Given, names_of_rows
from proguard.discover.propose import Discovery, propose
from proguard.discover.trial import TRIAL_SCHEMA, draw_trial, in_first_half, summarise_trial, try_proposals
from proguard.discover.truth import measure_agreement, true_categories
from proguard.moderate.guard import Guard
from proguard.readings.reading import Reading
from proguard.row import Role, Row
from proguard.storage.images import ImageStore
from proguard.taxonomy import Taxonomy

UNLISTED: tuple[Role, ...] = ("novel", "hidden")
DIGITS = 6


@dataclass(frozen=True, slots=True)
class DiscoverOptions:
    """The section ``discover`` of the parameters."""

    guard: str
    """Guard whose names are clustered."""

    test_set: str

    min_support: int
    """Fewest rows of a proposal."""

    same_from: float
    """Cosine with a cluster's centre from which a name belongs to it."""

    trial_rows: int
    """Rows of each kind that are asked again; 0 asks none."""

    trial_proposals: int
    """Most proposals that join a policy in the trial, those of most rows."""

    seed: int

    @property
    def clustering(self) -> dict[str, Any]:
        """The settings of the clusters."""
        return {"min_support": self.min_support, "same_from": self.same_from}


def run_trial(
    rows: Sequence[Row],
    readings: Mapping[str, Reading],
    taxonomy: Taxonomy,
    options: DiscoverOptions,
    *,
    encode: Encode,
    load: Callable[[], Guard],
    images: ImageStore,
) -> pl.DataFrame:
    """Return the trial of what the first half of the groups proposes; empty where that is nothing.

    Args:
        rows: Rows of the test set.
        readings: What the guard said, by sample id.
        taxonomy: Of the rows and of the guard.
        options: Settings.
        encode: Embeds names.
        load: Loads the guard; called where there is something to ask.
        images: Of the rows.
    """
    first = [row for row in rows if in_first_half(row.sample.group, seed=options.seed)]
    given = names_of_rows(first, readings, taxonomy)
    found = propose(given, encode, **options.clustering, taken=[node.code for node in taxonomy])
    proposals = found.proposals[: options.trial_proposals]
    trial = draw_trial(rows, n_rows=options.trial_rows, seed=options.seed)
    if not proposals or not trial:
        return pl.DataFrame(schema=TRIAL_SCHEMA)
    return try_proposals(
        rows, readings, proposals, given, trial=trial, guard=load(), read_images=images.read, seed=options.seed
    )


def discovery_json(
    discovery: Discovery, given: Sequence[Given], rows: Sequence[Row], taxonomy: Taxonomy
) -> list[dict[str, Any]]:
    """Return each proposal with the true categories of its rows, which nobody knows outside of a test set."""
    truth = true_categories(rows, taxonomy)
    content = []
    for proposal in discovery.proposals:
        true = Counter(truth.get(row.id, "none") for row in given if row.name in proposal.names)
        content.append({**entry_of(proposal), "support": proposal.support, "true": dict(sorted(true.items()))})
    return content


def summarise(
    discovery: Discovery, given: Sequence[Given], rows: Sequence[Row], taxonomy: Taxonomy, trial: pl.DataFrame
) -> dict[str, Any]:
    """Return the numbers of a discovery: how much was named and proposed, against the truth, before and after."""
    agreement = {
        role: asdict(measure_agreement(discovery.proposals, given, rows, taxonomy, role=role)) for role in UNLISTED
    }
    return {
        "rows": len(rows),
        "named": discovery.named,
        "different_names": discovery.distinct,
        "proposals": len(discovery.proposals),
        "in_a_proposal": discovery.covered,
        "truth": {role: {k: _plain(v) for k, v in values.items()} for role, values in agreement.items()},
        "trial": summarise_trial(trial),
    }


def _plain(value: float) -> float | None:
    return None if isnan(value) else round(value, DIGITS)
