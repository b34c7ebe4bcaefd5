"""Settings of one entry, made up, to vary in tests."""

from typing import Any

PAGE = "https://huggingface.co/datasets/owner/walks"

HUB_ENTRY = {
    "adapter": None,
    "licence": "cc-by-4.0",
    "hub": "owner/walks",
    "gate": None,
    "url": None,
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "editions": {},
    "files": ["data/*.parquet"],
    "rows": 1200,
    "per_file": False,
    "read": {},
}
"""An entry of the hub, pinned and open."""


def collecting(sources: dict[str, Any], benchmarks: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"collect": {"sources": sources, "benchmarks": benchmarks or {}}, "plan": {"seconds_per_step": None}}
