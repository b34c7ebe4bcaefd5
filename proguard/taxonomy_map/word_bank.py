"""Embeddings of texts by the mean of their words', for many texts on few cores.

An embedding model reads each different word once, alone, and no text: what 45,000 texts cost follows from their
vocabulary. Order and grammar are lost; docs/annotation.md says how many votes of the classifier that changes.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from proguard.naming import NameBank
from proguard.text import normalise_text


class WordBank(NameBank):
    """A bank whose texts' vectors are the normalised means of their words'; a text without a word has zeros."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors ``(n, dim)`` of length 1 or 0; words not seen before are embedded in one batch."""
        # Words are summed in alphabetical order, so a vector is the same in every batch of texts.
        counter = CountVectorizer(analyzer=_split_words)
        counts = counter.fit_transform(["a", *texts])[1:]  # A vocabulary must not be empty.
        sums = counts @ super().embed(list(counter.get_feature_names_out())).astype(float)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)


def _split_words(text: str) -> list[str]:
    return normalise_text(text).split()
