"""Embeddings of texts by the weighted mean of their tokens' vectors, for many texts on few cores.

The vectors are the input table of MiniLM, so no model runs, and torch is not loaded. Order and grammar are lost;
docs/annotation.md says how many votes of the classifier that changes. The vocabulary is English: it has some single
characters of other scripts, and no word of them that says anything.

Source: smooth inverse frequency of Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings" (2017),
without the removal of the first component. A token's frequency follows from its place in BERT's vocabulary by Zipf's
law, as the vocabulary is sorted by frequency.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from safetensors import safe_open
from scipy.sparse import csr_array
from tokenizers import Tokenizer

from proguard.naming import NameBank, minilm_folder

TABLE = "embeddings.word_embeddings.weight"
"""Name of the table in MiniLM's weights."""

SMOOTHING = 1e-4
"""The paper's ``a``: a token of this frequency weighs one half."""

FIRST_TOKEN = 999
"""Id of the vocabulary's first entry, "!"; below it come special tokens and unused places."""

UNKNOWN = "[UNK]"
"""Token of a word that the vocabulary cannot spell."""


class TokenBank(NameBank):
    """A bank whose texts' vectors are the normalised means of their tokens'.

    A text has zeros unless most of its tokens are known, punctuation aside: Thai, Arabic, Chinese and emoji are not.
    """

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors ``(n, dim)`` of length 1 or 0; a text's is the same in every batch."""
        tokenizer, table, marks = _load_tokens()
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        ends = np.cumsum([0, *map(len, ids)])
        ones, columns = np.ones(ends[-1], np.float32), np.concatenate([[], *ids]).astype(int)
        counts = csr_array((ones, columns, ends), (len(ids), len(table)))
        sums = counts @ table
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        is_read = counts @ marks > 0
        return np.divide(sums, lengths, out=np.zeros_like(sums), where=is_read[:, None])


@cache
def _load_tokens() -> tuple[Tokenizer, np.ndarray, np.ndarray]:
    """Return the tokenizer, the weighted vector of each token ``(tokens, dim)``, and its mark ``(tokens,)``."""
    folder = minilm_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with safe_open(folder / "model.safetensors", framework="np") as weights:
        table = weights.get_tensor(TABLE)
    table *= _weigh_tokens(len(table))[:, None]
    marks = [_mark_token(tokenizer.id_to_token(i)) for i in range(len(table))]
    return tokenizer, table, np.array(marks, np.float32)


def _mark_token(token: str) -> int:
    """Return 1 for a known token, 0 for punctuation and symbols, and -1 for an unknown one.

    Known ones are ASCII, as the tokenizer removes accents; others are single letters of other scripts, or nearly so.
    """
    if all(unicodedata.category(c)[0] in "PS" for c in token):
        return 0
    return 1 if token.isascii() and token != UNKNOWN else -1


def _weigh_tokens(n: int) -> np.ndarray:
    """Return the weight of each token of a vocabulary ``(n,)``, in (0, 1)."""
    ranks = np.maximum(np.arange(n) - FIRST_TOKEN + 1, 1)
    frequencies = 1 / ranks / np.sum(1 / np.arange(1, n + 1))
    return SMOOTHING / (SMOOTHING + frequencies)
