"""What an inference engine is: prompts in, completions out.

`transformers` runs anywhere, `vllm` on a GPU, `endpoint` asks a server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Dtype = Literal["float32", "bfloat16"]
"""Number format of weights and forward passes. It changes the last digits of a result, so it is a tracked setting."""

Finish = Literal["stop", "length", "refused"]
"""How a completion ended: by itself, at the most tokens it may have, or with a refusal of the server."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a completion where the probabilities of some words are wanted."""

    words: tuple[str, ...]
    """The words, such as ``("safe", "unsafe")``. Letter case counts, space around a token does not."""

    after: str = ""
    """Text before the place, such as ``"Request:"``; space in it does not count. Empty: the completion's start."""


@dataclass(frozen=True, slots=True)
class Query:
    """One prompt."""

    messages: list[dict[str, str]] | str
    """Chat messages, with `proguard.prompt.IMAGE_PLACEHOLDER` where the image goes; a text is a prompt as it is,
    without a chat template."""

    image: bytes | None = None
    """Encoded image; ``None`` when the prompt has no placeholder."""

    template: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the model's chat template."""

    typed: bool = False
    """Whether a text model's chat template takes contents as typed parts, as those of vision-language models do."""

    prefill: str = ""
    """Start of the completion, given to the model; the completion's text begins with it."""

    marks: tuple[Mark, ...] = ()
    """Where probabilities of words are wanted."""

    is_moderation: bool = False
    """Whether it goes to a server's moderation API, which answers with categories and scores as JSON."""

    id: str = ""
    """Sample that it is about, for messages."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote."""

    text: str
    """Its words, special tokens left out; empty when refused."""

    finish: Finish = "stop"

    scores: tuple[Mapping[str, float] | None, ...] = ()
    """For each mark of the query, the probability of each word there; ``None`` where the completion has no such place
    or the engine does not know it."""

    tokens: tuple[int, int] | None = None
    """Tokens of prompt and completion as a server counted them; ``None`` when it did not."""


class PromptTooLongError(ValueError):
    """Some prompts of a call have more tokens than the engine was told to take; nothing was completed."""

    def __init__(self, indices: Sequence[int], limit: int) -> None:
        """Name the prompts by their ``indices`` in the call, which has a limit of ``limit`` tokens."""
        super().__init__(indices, limit)  # An exception is pickled by its arguments.
        self.indices = frozenset(indices)
        self.limit = limit

    def __str__(self) -> str:
        return f"{len(self.indices)} prompts have more than {self.limit} tokens"


class Engine(Protocol):
    """A loaded guard."""

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        """Return the greedy completion of each query.

        Raises:
            PromptTooLongError: When the engine has a limit and a prompt exceeds it.
        """
        ...


def check_lengths(lengths: Sequence[int], limit: int | None) -> None:
    """Raise `PromptTooLongError` when one of ``lengths``, in tokens, is more than ``limit``; ``None`` sets no limit."""
    if limit is not None and (too_long := [i for i, length in enumerate(lengths) if length > limit]):
        raise PromptTooLongError(too_long, limit)
