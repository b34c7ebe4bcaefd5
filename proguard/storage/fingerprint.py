"""Fingerprints: a short hash over files, folders and settings, which names what was made of them."""

import hashlib
import json
from pathlib import Path


def fingerprint(*paths: Path, **settings: object) -> str:
    """Return 16 hex digits over the content of files and folders and over settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
