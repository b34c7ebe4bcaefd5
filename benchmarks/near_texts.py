"""Times the search for near-duplicate texts, and counts what it finds of planted duplicates.

    python -m benchmarks.near_texts --texts 87000

Texts have 9 to 300 words, half of them fewer than 25, drawn by Zipf's law from 30,000 made-up ones. Planted: of every
100 texts 10 are copies of another, each of another one: 5 with one word, anywhere, replaced by one that no text holds,
2 with letters in another case, 3 with other punctuation. Another 5 share a text's frame and are no copies: 3 of 10
words are replaced. Found: equal after normalising, or returned as a pair. False: returned, and not planted.
"""

import argparse
import resource
import sys
import time

import numpy as np

from proguard.leakage.near_texts import find_near_texts
from proguard.text import normalise_text

CHANGES = {"one word changed": 0.05, "re-cased": 0.02, "punctuated": 0.03}
FRAMES = 0.05
"""Share of texts that only share a frame."""

N_WORDS = 30_000


def draw_texts(n: int, rng: np.random.Generator) -> list[list[str]]:
    """Return ``n`` texts as words."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    vocabulary = ["".join(syllables[(i // 70**k) % 70] for k in range(3)) for i in range(N_WORDS)]
    weights = 1 / np.arange(3, N_WORDS + 3)
    lengths = np.clip(rng.lognormal(np.log(25), 0.9, n), 9, 300).astype(int)
    words = rng.choice(N_WORDS, size=lengths.sum(), p=weights / weights.sum())
    return [[vocabulary[i] for i in part] for part in np.split(words, np.cumsum(lengths)[:-1])]


def change(words: list[str], kind: str, rng: np.random.Generator) -> str:
    """Return the text with a change of one kind."""
    match kind:
        case "one word changed":
            position = rng.integers(len(words))
            return " ".join([*words[:position], "xo" + words[position], *words[position + 1 :]])
        case "re-cased":
            return " ".join(word.upper() if rng.random() < 0.5 else word.title() for word in words)
        case "punctuated":
            return ", ".join(words) + "?!"
    replaced = set(rng.choice(len(words), len(words) * 3 // 10 + 1, replace=False))
    return " ".join("xo" + word if i in replaced else word for i, word in enumerate(words))


def main() -> None:
    """Print seconds, peak memory, the share of planted pairs that are found, and how many pairs are false."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=87_000)
    parser.add_argument("--shingle-words", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.8)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    n_planted = {kind: int(arguments.texts * share) for kind, share in CHANGES.items()}
    n_frames = int(arguments.texts * FRAMES)
    texts = draw_texts(arguments.texts - sum(n_planted.values()) - n_frames, rng)
    planted = [
        (kind, " ".join(texts[i]), change(texts[i], kind, rng))
        for kind, n in n_planted.items()
        for i in rng.choice(len(texts), n, replace=False)
    ]
    frames = [change(texts[i], "frame", rng) for i in rng.choice(len(texts), n_frames, replace=False)]
    requests = [" ".join(words) for words in texts] + [copy for _, _, copy in planted] + frames
    del texts, frames

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    distinct = sorted({normalise_text(request) for request in requests})
    normalised = time.perf_counter()
    processor = time.process_time()
    near = find_near_texts(distinct, shingle_words=arguments.shingle_words, text_threshold=arguments.threshold)
    end, processor = time.perf_counter(), time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    found = set(near.iter_rows())
    expected = [(kind, *sorted((normalise_text(a), normalise_text(b)))) for kind, a, b in planted]
    sys.stdout.write(
        f"{len(requests):,} texts: {normalised - start:.1f} s to normalise, {end - normalised:.1f} s to search"
    )
    sys.stdout.write(f", {processor:.1f} s of a processor\n")
    sys.stdout.write(f"peak memory {peak / 2**20:.2f} GiB, of which {before / 2**20:.2f} before\n")
    for kind in CHANGES:
        hits = [a == b or (a, b) in found for k, a, b in expected if k == kind]
        sys.stdout.write(f"{kind}: {sum(hits):,} of {len(hits):,} found, {100 * sum(hits) / len(hits):.2f} %\n")
    false = found - {(a, b) for _, a, b in expected}
    sys.stdout.write(f"false pairs: {len(false):,} of {len(found):,}\n")


if __name__ == "__main__":
    main()
