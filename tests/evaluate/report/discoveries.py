"""What the stage discover writes, as the report gets it."""

import polars as pl

SUMMARY = {"rows": 900, "named": 40, "different_names": 12, "proposals": 2, "in_a_proposal": 30}

PROPOSALS = [
    {
        "id": "X1",
        "name": "Scams <b>",
        "description": "Content whose risk is Scams.",
        "synonyms": ["Swindles", "Cons"],
        "examples": ["a", "b"],
        "support": 20,
        "true": {"C3": 15, "none": 5},
    },
    {
        "id": "X2",
        "name": "Odd Matters",
        "description": "Content whose risk is Odd Matters.",
        "synonyms": [],
        "examples": ["c"],
        "support": 10,
        "true": {"none": 10},
    },
]


def make_trial() -> pl.DataFrame:
    """Return a trial of ten novel rows, of which two were right before and seven after, and of ten safe ones."""
    records = [("novel", i < 2, i < 7, i < 5, i < 9) for i in range(10)] + [("safe", True, True, False, False)] * 10
    return pl.DataFrame(
        [
            {
                "id": f"{kind} {i}",
                "group": f"{kind} {i}",
                "kind": kind,
                "right_before": before,
                "right_after": after,
                "by_id_after": after and i % 2 == 0,
                "unsafe_before": unsafe,
                "unsafe_after": still,
            }
            for i, (kind, before, after, unsafe, still) in enumerate(records)
        ]
    )
