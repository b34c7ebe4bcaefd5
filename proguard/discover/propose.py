"""Proposals: what a cluster of names becomes as a category of a policy."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from proguard.discover.cluster import Encode, cluster_names
from proguard.discover.given import Given
from proguard.ids import fold_id

N_SYNONYMS = 8
N_EXAMPLES = 5
"""Most synonyms and example rows of a proposal."""

N_DESCRIBED = 3
"""Most other names in a description."""

ID_START = "X"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category that a guard's own names suggest."""

    id: str
    name: str
    description: str
    synonyms: tuple[str, ...]
    """Other names that the guard gave for the same risk, the most frequent first."""

    names: tuple[str, ...]
    """All names of the cluster."""

    support: int
    """Rows that one of them was given to."""

    examples: tuple[str, ...]
    """Ids of rows, those with the proposal's own name first."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the names of one set say."""

    named: int
    """Rows with a free name."""

    distinct: int
    """Different names."""

    proposals: tuple[Proposal, ...]
    """The largest support first."""

    @property
    def covered(self) -> int:
        """Rows whose name belongs to a proposal."""
        return sum(proposal.support for proposal in self.proposals)


def propose(
    given: Sequence[Given], encode: Encode, *, min_support: int, same_from: float, taken: Collection[str] = ()
) -> Discovery:
    """Return a proposal for each cluster of names; the order of the rows has no influence.

    Args:
        given: Rows with the names that they were given.
        encode: Embeds names.
        min_support: As in `proguard.discover.cluster.cluster_names`.
        same_from: Likewise.
        taken: Ids that proposals must not have.
    """
    counts = Counter(row.name for row in given)
    clusters = cluster_names(counts, encode, min_support=min_support, same_from=same_from)
    ids = _free_ids(len(clusters), taken)
    proposals = []
    for id_, cluster in zip(ids, clusters, strict=True):
        others = tuple(name for name in cluster.names if name != cluster.centre)
        rows = sorted((row.name != cluster.centre, row.id) for row in given if row.name in cluster.names)
        proposals.append(
            Proposal(
                id=id_,
                name=cluster.centre,
                description=describe(cluster.centre, others),
                synonyms=others[:N_SYNONYMS],
                names=cluster.names,
                support=cluster.support,
                examples=tuple(id_ for _, id_ in rows[:N_EXAMPLES]),
            )
        )
    return Discovery(len(given), len(counts), tuple(proposals))


def describe(name: str, others: Sequence[str]) -> str:
    """Return one sentence that a policy can show for a proposal, in the guard's own words."""
    if not others:
        return f"Content whose risk is {name}."
    return f"Content whose risk is {name}, also called {', '.join(others[:N_DESCRIBED])}."


def _free_ids(n: int, taken: Collection[str]) -> list[str]:
    folded = {fold_id(id_) for id_ in taken}
    numbered = (f"{ID_START}{i}" for i in range(1, n + len(folded) + 1))
    return [id_ for id_ in numbered if fold_id(id_) not in folded][:n]
