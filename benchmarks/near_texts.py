"""Times the search for near-duplicate texts, and counts what it finds of planted duplicates.

    python -m benchmarks.near_texts --texts 87000
    python -m benchmarks.near_texts --texts 87000 --script thai

Texts have 9 to 300 words, half of them fewer than 25, drawn by Zipf's law from 30,000 made-up ones. Planted: of every
100 texts 10 are copies of another, each of another one: 5 with one word, anywhere, replaced by one that no text holds,
2 with letters in another case, 3 with other punctuation. Another 5 share a text's frame and are no copies: 3 of 10
words are replaced. Found: equal after normalising, or returned as a pair. False: returned, and not planted.

Chinese and Thai texts are written without spaces, of characters drawn by the same law. A Chinese text has a character
for each word. A Thai one has 3 n + 2 characters for n words, so 3 n triples, of which a changed character costs 3: the
share that a changed word costs. Neither script has cases, so no copy is re-cased.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from proguard.leakage.near_texts import find_near_texts
from proguard.leakage.words import TRIPLE
from proguard.text import normalise_text

CHANGES = {"one word changed": 0.05, "re-cased": 0.02, "punctuated": 0.03}
FRAMES = 0.05
"""Share of texts that only share a frame."""

N_WORDS = 30_000

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How texts of a script are written."""

    vocabulary: list[str]
    """Words, or characters, from the most to the least frequent."""

    replace: Callable[[str], str]
    """Gives what no text holds in place of one of ``vocabulary``."""

    space: str
    comma: str
    run: int = 1
    """Characters of a run that counts as a word."""

    has_case: bool = False


SCRIPTS = {
    "latin": Script(
        vocabulary=["".join(_SYLLABLES[(i // 70**k) % 70] for k in range(3)) for i in range(N_WORDS)],
        replace=lambda word: "xo" + word,
        space=" ",
        comma=", ",
        has_case=True,
    ),
    "chinese": Script(
        vocabulary=list(map(chr, range(0x4E00, 0x6E00))),
        replace=lambda character: chr(ord(character) + 0x2000),
        space="",
        comma="\uff0c",
    ),
    # Consonants and vowels that no normal form changes or reorders; digits replace them.
    "thai": Script(
        vocabulary=list(map(chr, (*range(0xE01, 0xE31), 0xE32, *range(0xE40, 0xE45)))),
        replace=lambda character: chr(0xE50 + ord(character) % 10),
        space="",
        comma=", ",
        run=TRIPLE,
    ),
}


def draw_texts(n: int, script: Script, rng: np.random.Generator) -> list[list[str]]:
    """Return ``n`` texts as words, or as characters."""
    n_words = len(script.vocabulary)
    weights = 1 / np.arange(3, n_words + 3)
    lengths = np.clip(rng.lognormal(np.log(25), 0.9, n), 9, 300).astype(int) * script.run + script.run - 1
    words = rng.choice(n_words, size=lengths.sum(), p=weights / weights.sum())
    return [[script.vocabulary[i] for i in part] for part in np.split(words, np.cumsum(lengths)[:-1])]


def change(words: list[str], kind: str, script: Script, rng: np.random.Generator) -> str:
    """Return the text with a change of one kind."""
    match kind:
        case "one word changed":
            position = rng.integers(len(words))
            return script.space.join([*words[:position], script.replace(words[position]), *words[position + 1 :]])
        case "re-cased":
            return script.space.join(word.upper() if rng.random() < 0.5 else word.title() for word in words)
        case "punctuated":
            return script.comma.join(words) + "?!"
    replaced = set(rng.choice(len(words), len(words) * 3 // 10 + 1, replace=False))
    return script.space.join(script.replace(word) if i in replaced else word for i, word in enumerate(words))


def main() -> None:
    """Print seconds, peak memory, the share of planted pairs that are found, and how many pairs are false."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=87_000)
    parser.add_argument("--script", choices=SCRIPTS, default="latin")
    parser.add_argument("--shingle-words", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.8)
    arguments = parser.parse_args()
    rng, script = np.random.default_rng(0), SCRIPTS[arguments.script]
    kinds = {kind: share for kind, share in CHANGES.items() if script.has_case or kind != "re-cased"}
    n_planted = {kind: int(arguments.texts * share) for kind, share in kinds.items()}
    n_frames = int(arguments.texts * FRAMES)
    texts = draw_texts(arguments.texts - sum(n_planted.values()) - n_frames, script, rng)
    planted = [
        (kind, script.space.join(texts[i]), change(texts[i], kind, script, rng))
        for kind, n in n_planted.items()
        for i in rng.choice(len(texts), n, replace=False)
    ]
    frames = [change(texts[i], "frame", script, rng) for i in rng.choice(len(texts), n_frames, replace=False)]
    requests = [script.space.join(words) for words in texts] + [copy for _, _, copy in planted] + frames
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
    for kind in kinds:
        hits = [a == b or (a, b) in found for k, a, b in expected if k == kind]
        sys.stdout.write(f"{kind}: {sum(hits):,} of {len(hits):,} found, {100 * sum(hits) / len(hits):.2f} %\n")
    # Two copies of one text are near too. Where punctuation is no space between words, they are two texts.
    origin = {normalise_text(copy): normalise_text(text) for _, text, copy in planted}
    false = [pair for pair in found if len({origin.get(text, text) for text in pair}) > 1]
    sys.stdout.write(f"false pairs: {len(false):,} of {len(found):,}\n")


if __name__ == "__main__":
    main()
