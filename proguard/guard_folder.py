"""The folder of a guard: sealed with a card that lists its files, and opened only when they are still the same.

The card's own hash lies in a file beside it, which ``sha256sum -c guard.json.sha256`` reads too. Both tell damage and
edits, not an author: whoever rewrites the folder can rewrite them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from proguard.card import CARD_FILE, REMEDY, TAXONOMY_FILE, FileRecord, GuardCard, check_prompt, read_card
from proguard.storage.files import write_json
from proguard.taxonomy import Taxonomy, load_taxonomy

CARD_HASH_FILE = f"{CARD_FILE}.sha256"
"""SHA-256 of the card, in the format of ``sha256sum``."""

UNLISTED = ("README.md", "LICENSE")
"""Files that a folder may have in addition to those of its card, as hidden ones; no loader reads them."""

HASHED_BYTES = 64 * 2**20
"""A quick check hashes files up to this size; of larger ones it compares the size."""


def seal_guard(folder: Path, card: GuardCard, taxonomy_file: Path) -> None:
    """Write a copy of the taxonomy, and the card with a manifest of all files, into a model folder.

    Every user may read the files afterwards; safetensors writes weights for their owner alone.
    """
    (folder / TAXONOMY_FILE).write_bytes(Path(taxonomy_file).read_bytes())
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.name not in (CARD_FILE, CARD_HASH_FILE))
    files = {path.name: FileRecord(path.stat().st_size, _sha256(path)) for path in paths}
    write_card(replace(card, files=files), folder)
    for path in paths:
        path.chmod(0o644)


def write_card(card: GuardCard, folder: Path) -> None:
    """Write a card and its hash into a folder, readable by every user."""
    path, hash_file = folder / CARD_FILE, folder / CARD_HASH_FILE
    write_json(asdict(card), path)
    hash_file.write_text(_hash_line(path), encoding="utf-8")
    for written in (path, hash_file):
        written.chmod(0o644)


def open_guard(folder: Path | str, *, full: bool = False) -> tuple[GuardCard, Taxonomy]:
    """Return card and taxonomy of a guard's folder whose files are those that the card lists.

    Args:
        full: Hash files of any size, which takes seconds for each 10 GB; otherwise large ones are compared by size.

    Raises:
        FileNotFoundError: When the folder has no card, or a file of its manifest is missing.
        ValueError: When the card, a file or the taxonomy is damaged, a file is not of the manifest, or prompts are
            worded otherwise now.
    """
    card, folder = read_card(folder), Path(folder)
    check_prompt(card)
    _check_card(folder)
    _check_names(folder, card.files)
    _check_files(folder, card.files, full=full)
    taxonomy = load_taxonomy(folder / TAXONOMY_FILE)
    expected = card.hashes.get("taxonomy")
    if taxonomy.hash != expected:
        raise ValueError(f"{folder / TAXONOMY_FILE}: not the taxonomy of the card ({expected}): {REMEDY}")
    return card, taxonomy


def _check_card(folder: Path) -> None:
    path, hash_file = folder / CARD_FILE, folder / CARD_HASH_FILE
    if not hash_file.is_file():
        raise FileNotFoundError(f"{hash_file}: missing, the hash of the card: {REMEDY}")
    if hash_file.read_bytes() != _hash_line(path).encode():
        raise ValueError(f"{path}: changed: its SHA-256 is not that of {CARD_HASH_FILE}: {REMEDY}")


def _check_names(folder: Path, files: Mapping[str, FileRecord]) -> None:
    """Raise unless the card lists its taxonomy and everything that a loader might read."""
    known = {CARD_FILE, CARD_HASH_FILE, *UNLISTED, *files}
    found = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if stray := [name for name in found if name not in known]:
        more = f" and {len(stray) - 1} more" if len(stray) > 1 else ""
        raise ValueError(f"{folder / stray[0]}{more}: not a file of {CARD_FILE}; remove it, or {REMEDY}")
    if TAXONOMY_FILE not in files:
        raise ValueError(f"{folder / CARD_FILE}: files: no {TAXONOMY_FILE}: {REMEDY}")


def _check_files(folder: Path, files: Mapping[str, FileRecord], *, full: bool) -> None:
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(f"{path}: missing, a file of {expected.bytes} bytes: {REMEDY}")
        size = path.stat().st_size
        if size != expected.bytes:
            raise ValueError(f"{path}: damaged: expected {expected.bytes} bytes, found {size}: {REMEDY}")
        if (full or size <= HASHED_BYTES) and _sha256(path) != expected.sha256:
            raise ValueError(f"{path}: changed: its SHA-256 is not {expected.sha256[:16]}...: {REMEDY}")


def _hash_line(path: Path) -> str:
    return f"{_sha256(path)}  {path.name}\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
