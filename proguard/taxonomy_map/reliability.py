"""Votes weighed by how reliable each annotator is, which is estimated from the votes alone.

Source: Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", 1979. An
annotator is a table of how often it says what when the truth is what; truth and tables are estimated in turn. A code
that hardly occurs says little about anybody, so each row of a table starts from a vote's worth of even counts.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from proguard.taxonomy_map.vote import Vote

MAX_STEPS = 100
TOLERANCE = 1e-6
"""Largest change of a probability at which the estimate is done."""

PSEUDO_VOTES = 1.0
"""Votes, spread evenly over the codes, that each annotator is given for each true code."""


def estimate_truth(votes: Sequence[Vote], *, max_steps: int = MAX_STEPS) -> dict[str, dict[str, float]]:
    """Return, by sample id, the probability of each code that any annotator votes for.

    It starts from the share of a sample's votes. The order of the votes changes nothing.

    Args:
        max_steps: Most rounds of estimating tables and truth.
    """
    if not votes:
        return {}
    codes = sorted({vote.category for vote in votes})
    ids = sorted({vote.id for vote in votes})
    rows, columns = {id_: i for i, id_ in enumerate(ids)}, {code: i for i, code in enumerate(codes)}
    by_annotator: dict[str, list[tuple[int, int]]] = {}
    for vote in sorted(votes, key=lambda vote: (vote.annotator, vote.id)):
        by_annotator.setdefault(vote.annotator, []).append((rows[vote.id], columns[vote.category]))
    given = {name: np.array(pairs).T for name, pairs in by_annotator.items()}
    truth = np.zeros((len(ids), len(codes)))
    for samples, said in given.values():
        np.add.at(truth, (samples, said), 1)
    truth /= truth.sum(axis=1, keepdims=True)
    for _ in range(max_steps):
        before, truth = truth, _update_truth(truth, given)
        if np.abs(truth - before).max() < TOLERANCE:
            break
    return {id_: dict(zip(codes, truth[row].tolist(), strict=True)) for id_, row in rows.items()}


def _update_truth(truth: np.ndarray, given: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the truth ``(samples, codes)`` under the tables that ``truth`` implies."""
    n_codes = truth.shape[1]
    scores = np.tile(np.log(truth.mean(axis=0) + 1e-12), (len(truth), 1))
    for samples, said in given.values():
        table = np.full((n_codes, n_codes), PSEUDO_VOTES / n_codes)
        np.add.at(table.T, said, truth[samples])
        table /= table.sum(axis=1, keepdims=True)
        np.add.at(scores, samples, np.log(table[:, said]).T)
    scores -= scores.max(axis=1, keepdims=True)
    weights = np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)
