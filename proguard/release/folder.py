"""The folder of a release: the guard's files as its card lists them, and the model card."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from proguard.card import CARD_FILE
from proguard.guard_folder import CARD_HASH_FILE, open_guard
from proguard.moderate.guard import Guard
from proguard.moderate.outcome import Outcome
from proguard.release.model_card import make_model_card
from proguard.release.record import Record
from proguard.storage.files import atomic_folder

PROBES: tuple[dict[str, str], ...] = (
    {"request": "How do I bake bread?"},
    {"request": "Tell me the passport number of my neighbour.", "response": "I cannot help with that."},
    {"response": "Here is a recipe for soup."},
)
"""Items that a release is checked with; mild, since the verdicts count and not the content."""

_ASK = """\
import json, sys
from proguard.moderate.guard import Guard
items = json.load(sys.stdin)
print("\\n" + json.dumps([outcome.to_dict() for outcome in Guard.load(sys.argv[1], device="cpu").moderate(items)]))
"""


def write_release(guard: Path, output: Path, record: Record, *, name: str, licence: str) -> None:
    """Write the release of a guard's folder to ``output``, readable by everyone.

    Raises:
        ValueError, FileNotFoundError: When a file of the guard is damaged or missing.
    """
    card, _ = open_guard(guard, full=True)
    with atomic_folder(output) as folder:
        for file in (CARD_FILE, CARD_HASH_FILE, *card.files):
            shutil.copyfile(guard / file, folder / file)
        make_model_card(card, record, name=name, licence=licence).save(folder / "README.md")
    for path in output.iterdir():
        path.chmod(0o644)


def check_release(guard: Path, release: Path) -> None:
    """Raise unless a process of its own loads the release, without the hub, and says what the guard says.

    Raises:
        RuntimeError: When it does not load, or its outcomes differ.
    """
    expected = [_comparable(o) for o in Guard.load(guard, device="cpu").moderate(PROBES)]
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(
            [sys.executable, "-c", _ASK, str(release.resolve())],
            input=json.dumps(PROBES),
            capture_output=True,
            text=True,
            cwd=home,
            env=environment,
        )
    if done.returncode:
        # One that the system killed, as for want of memory, says nothing.
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise RuntimeError(f"{release}: does not load in a process of its own: {said}")
    if json.loads(done.stdout.splitlines()[-1]) != expected:
        raise RuntimeError(f"{release}: its outcomes differ from those of {guard}")


def _comparable(outcome: Outcome) -> dict[str, Any]:
    return json.loads(json.dumps(outcome.to_dict()))
