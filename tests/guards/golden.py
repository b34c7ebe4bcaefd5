"""The golden prompts of every guard, by hash. A change that is meant: `python -m tests.guards.golden` writes them anew.

Texts that are published elsewhere are stood in for, so a hash is over our wording, the template's arguments, the start
of the answer and the places of scores.
"""

import hashlib
import json
from pathlib import Path

from proguard.storage.files import write_json
from tests.guards.every_guard import NAMES, family_of
from tests.guards.rows import ROWS
from tests.worlds import taxonomy

GOLDEN = Path(__file__).parent / "golden_prompts.json"


def prompts_of(name: str) -> dict[str, str]:
    """Return the hash of what a guard is asked, by kind of row and ask."""
    return {
        f"{kind} {ask.key}": _hash(ask.query)
        for kind, row in ROWS.items()
        for ask in family_of(name).asks(row, taxonomy())
    }


def _hash(query) -> str:
    marks = [[*mark.words, mark.after] for mark in query.marks]
    content = [query.messages, dict(query.template), query.typed, query.prefill, marks, query.is_moderation]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


if __name__ == "__main__":
    write_json({name: prompts_of(name) for name in NAMES}, GOLDEN)
