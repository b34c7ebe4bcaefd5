"""How many tokens an answer has."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from proguard.evaluate.metrics.outcome import CountTokens

TOKENIZER = "tokenizer.json"


def token_counter(guard: Path) -> CountTokens | None:
    """Return what counts tokens as the guard in a folder does; ``None`` when it has no file ``tokenizer.json``."""
    file = guard / TOKENIZER
    if not file.exists():
        return None
    tokenizer = Tokenizer.from_file(str(file))

    def count(texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    return count
