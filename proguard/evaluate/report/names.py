"""Free names that the guard really gave, drawn so that a reader sees good ones and bad ones."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.tally import BONUS_MAX
from proguard.naming import NameBank


@dataclass(frozen=True, slots=True)
class GivenName:
    """A name for risks of one true category."""

    name: str
    code: str
    """True category, at the level of the policy."""

    role: str
    """``hidden`` or ``novel``."""

    is_named: bool
    """Whether it counts as a free name."""

    share: float
    """Share of the most that a name can earn, in [0, 1]."""

    similarity: float
    """Highest cosine with the true category's name and synonyms."""

    n: int
    """Rows that it was given to."""


_Key = tuple[str, str, str]
"""Name, true category, role."""


def draw_names(outcomes: Sequence[Outcome], bank: NameBank, *, n: int, seed: int) -> list[GivenName]:
    """Return up to ``n`` different names for unlisted risks, best first.

    Half are drawn from those that earned something and half from the rest, hidden and novel risks in turn; where one
    kind runs short the other fills in.
    """
    tried = [(_key(o), o) for o in outcomes if o.is_ood and o.tries_name]
    counts = Counter(key for key, _ in tried)
    first = {key: outcome for key, outcome in reversed(tried)}
    near = sorted(key for key in counts if first[key].bonus > 0)
    far = sorted(key for key in counts if first[key].bonus == 0)
    rng = random.Random(seed)
    n_near = min(len(near), max(n // 2, n - len(far)))
    drawn = _draw_keys(near, n_near, rng) + _draw_keys(far, n - n_near, rng)
    if drawn:
        bank.embed(sorted({name for name, _, _ in drawn}))
    names = [_describe(key, first[key], counts[key], bank) for key in drawn]
    return sorted(names, key=lambda g: (-g.share, -g.similarity, g.name, g.code))


def _draw_keys(keys: Sequence[_Key], n: int, rng: random.Random) -> list[_Key]:
    """Draw up to ``n`` keys, roles in turn."""
    turns: Counter[str] = Counter()
    queue = []
    for key in rng.sample(keys, len(keys)):
        queue.append((turns[key[2]], key))
        turns[key[2]] += 1
    return [key for _, key in sorted(queue, key=lambda entry: entry[0])[:n]]


def _key(outcome: Outcome) -> _Key:
    return str(outcome.reading.category), str(outcome.target.category), outcome.row.role


def _describe(key: _Key, outcome: Outcome, n: int, bank: NameBank) -> GivenName:
    name, code, _ = key
    highest = float(bank.similarities([name], code)[0].max())
    share = outcome.bonus / BONUS_MAX
    return GivenName(name, code, outcome.row.role, outcome.is_named, share, highest, n)
