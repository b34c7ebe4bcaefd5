"""Near-duplicates among requests that people wrote, from the mirror of the public sources."""

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from proguard.leakage.near_texts import find_near_texts
from proguard.text import normalise_text

MIRROR = os.environ.get("PROGUARD_MIRROR")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MIRROR, reason="PROGUARD_MIRROR names no mirror of the public sources"),
]


@pytest.fixture(scope="module")
def requests() -> list[str]:
    """The different requests of OpenAI's moderation set that have 9 words or more, normalised."""
    with gzip.open(Path(MIRROR) / "openai_moderation" / "samples-without-S3.jsonl.gz", "rt") as lines:
        texts = {normalise_text(json.loads(line)["prompt"]) for line in lines}
    return sorted(text for text in texts if len(text.split()) >= 9)


def change_word(text: str, rng: random.Random) -> str:
    words = text.split()
    words[rng.randrange(len(words))] = "elsewhere"
    return " ".join(words)


def test_find_near_texts_finds_a_changed_word_in_real_requests_and_little_else(requests):
    rng = random.Random(0)
    planted = {tuple(sorted((text, change_word(text, rng)))) for text in requests}
    texts = sorted({text for pair in planted for text in pair})
    found = set(find_near_texts(texts, shingle_words=1, text_threshold=0.8).rows())
    assert len(planted) > 1400
    assert len(found & planted) >= 0.99 * len(planted)
    # Requests with an own near-duplicate, such as one form letter sent twice, make up to four pairs instead of one.
    before = find_near_texts(requests, shingle_words=1, text_threshold=0.8).height
    assert before < 0.02 * len(requests)
    assert len(found - planted) <= 4 * before
