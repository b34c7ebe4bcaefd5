"""Near-duplicate texts: word shingles, MinHash and LSH for candidates, the exact Jaccard index for the decision.

Words and not characters: two short requests that share a template and differ in one noun share nearly all characters,
but a changed word takes two of their few word pairs. At 0.8 on word pairs one changed word joins texts of 19 words and
more, or of 10 when it is the first or last.
"""

from collections.abc import Sequence

from datasketch import MinHash, MinHashLSH
from tqdm import tqdm

N_HASHES = 128
"""Hashes of a signature; what LSH overlooks at the threshold gets rarer with more."""

LSH_WEIGHTS = (0.1, 0.9)
"""Weights of false candidates and overlooked ones; candidates are checked exactly, so only the latter cost anything."""

_SEED = 1
_BATCH_SIZE = 4096


def find_near_texts(texts: Sequence[str], *, shingle_words: int, text_threshold: float) -> list[tuple[str, str]]:
    """Return the pairs of ``texts`` whose Jaccard index is ``text_threshold`` or more, sorted.

    Args:
        texts: Normalised (`proguard.sample.normalise_text`) and different.
        shingle_words: Words of a shingle; a shorter text is one shingle.
        text_threshold: Jaccard index of the two sets of shingles, in (0, 1].
    """
    lsh = MinHashLSH(threshold=text_threshold, num_perm=N_HASHES, weights=LSH_WEIGHTS)
    pairs: list[tuple[str, str]] = []
    with tqdm(total=len(texts), desc="near-duplicate texts", unit="text", disable=not texts) as progress:
        for start in range(0, len(texts), _BATCH_SIZE):
            batch = texts[start : start + _BATCH_SIZE]
            encoded = [[s.encode() for s in shingles(text, shingle_words)] for text in batch]
            signatures = MinHash.bulk(encoded, num_perm=N_HASHES, seed=_SEED)
            for text, signature in zip(batch, signatures, strict=True):
                ours = shingles(text, shingle_words)
                for other in lsh.query(signature):
                    if jaccard(ours, shingles(other, shingle_words)) >= text_threshold:
                        pairs.append((min(text, other), max(text, other)))
                lsh.insert(text, signature, check_duplication=False)
            progress.update(len(batch))
    return sorted(pairs)


def shingles(text: str, shingle_words: int) -> frozenset[str]:
    """Return the runs of ``shingle_words`` words of ``text``; the whole text when it is shorter."""
    words = text.split()
    n_runs = max(1, len(words) - shingle_words + 1)
    return frozenset(" ".join(words[i : i + shingle_words]) for i in range(n_runs))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the size of the intersection over that of the union, in [0, 1]."""
    return len(a & b) / len(a | b)
