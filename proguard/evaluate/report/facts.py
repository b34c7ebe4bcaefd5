"""What was run, as the head of the report lists it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from proguard.card import GuardCard
from proguard.row import Row
from proguard.sample import MODALITIES

_TITLES = {"base": "Base model", "steps": "Training steps", "seed": "Training seed"}
_ROLE_TITLES = {"shown": "listed", "hidden": "hidden", "novel": "novel", "free": "safe"}


def describe_run(
    *, profile: str, card: GuardCard, rows: Mapping[str, Sequence[Row]], hashes: Mapping[str, str], seed: int
) -> list[tuple[str, str]]:
    """Return label and value of what was run.

    Args:
        profile: Name of the profile.
        card: Card of the trained guard.
        rows: By split.
        hashes: Hashes of the contracts as they are now.
        seed: Seed of the intervals.
    """
    facts = [("Profile", profile)]
    facts += [
        (_TITLES.get(key, key.capitalize()), str(value)) for key, value in card.origin.items() if value is not None
    ]
    for split, members in rows.items():
        facts.append((f"Rows, {split}", f"{len(members):,} ({_count_modalities(members)})"))
    last = list(rows.values())[-1]
    facts.append(("Risks in the test rows", _count_roles(last)))
    facts.append(("Sources of the test rows", ", ".join(sorted({row.sample.source for row in last}))))
    facts.append(("Seed of the intervals", str(seed)))
    return facts + [(f"Hash of the {name}", value) for name, value in hashes.items()]


def _count_modalities(rows: Sequence[Row]) -> str:
    counts = Counter(row.sample.modality for row in rows)
    return ", ".join(f"{m.replace('_', ' + ')} {counts[m]:,}" for m in MODALITIES if counts[m])


def _count_roles(rows: Sequence[Row]) -> str:
    counts: Counter[str] = Counter(row.role for row in rows)
    return ", ".join(f"{title} {counts[role]:,}" for role, title in _ROLE_TITLES.items() if counts[role])
