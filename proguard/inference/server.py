"""A model behind an OpenAI-compatible server: which one, and how it is treated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True)
class Server:
    """A model behind a server. What it is sent leaves this machine."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    url: str
    """Base of the API, such as ``http://localhost:8000/v1``."""

    model: str
    """Name that the server knows it by."""

    key_variable: str | None = None
    """Environment variable that holds the key; ``None`` for a server that asks for none."""

    request: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of each request, such as ``temperature``."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a server is treated; nothing of it changes an answer."""

    concurrency: int
    """Requests under way at a time."""

    retries: int
    """Further tries after 429, 5xx and lost connections, with growing pauses or the pause that the server asks for."""

    timeout_s: float
    """Seconds until a request counts as lost."""

    def __post_init__(self) -> None:
        """Check that there is a request at a time."""
        if self.concurrency < 1:
            raise ValueError(f"runtime.endpoint.concurrency: expected 1 or more, found {self.concurrency}")
