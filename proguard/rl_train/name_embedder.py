"""One embedding for all reward workers of a training: a Ray actor that batches what they ask and caches it by text.

Without it every reward worker loads the embedding and embeds the names that it sees: at the paper's scale many copies
of BGE-M3, and every name once per worker. An actor that cannot be reached ends the training; it is never a cosine of 0.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

from proguard.naming import SimilarityConfig, encode_texts

ACTOR_NAME = "proguard_name_embedder"

GATHER_SECONDS = 0.01
"""How long the first question of a batch waits for others."""

ANSWER_SECONDS = 120.0
"""How long a reward worker waits for an answer; the first one waits for the embedding to be loaded."""

ATTEMPTS = 3
"""Times that an answer is asked for; all of them take less than ``runtime.rl.stall_seconds``, which ends the run."""

MAX_CALLS = 1000
"""Questions that the actor takes at a time: more than there are reward workers."""


class NameEmbedder:
    """The actor: embeds each text once, those of questions that arrive together in one batch."""

    def __init__(self, config: SimilarityConfig, device: str) -> None:
        """Remember what to load; the first question loads it."""
        self._config, self._device = config, device
        self._vectors: dict[str, np.ndarray] = {}
        self._batches: dict[str, asyncio.Future[None]] = {}
        """The batch of each text that has no vector yet."""
        self._gathering: asyncio.Future[None] | None = None
        self._new: set[str] = set()
        self._embedding = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors ``(n, dim)``."""
        missing = {text for text in texts if text not in self._vectors}
        if new := missing - self._batches.keys():
            if self._gathering is None:
                self._gathering = asyncio.ensure_future(self._embed_new())
            self._new |= new
            self._batches |= dict.fromkeys(new, self._gathering)
        await asyncio.gather(*{self._batches[text] for text in missing})
        return np.stack([self._vectors[text] for text in texts])

    async def _embed_new(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        # One batch at a time: two threads would load the embedding twice.
        async with self._embedding:
            new, self._new, self._gathering = sorted(self._new), set(), None
            try:
                vectors = await asyncio.to_thread(encode_texts, new, self._config, device=self._device)
                self._vectors.update(zip(new, vectors, strict=True))
            finally:
                for text in new:
                    del self._batches[text]


class SharedEncoder:
    """The actor as a reward worker sees it: texts in, vectors out."""

    def __init__(self, config: SimilarityConfig, *, num_gpus: float) -> None:
        """Join the training's actor, or start it.

        Args:
            config: Which embedding.
            num_gpus: Share of a GPU that the actor takes, in [0, 1]; 0 keeps it on the CPU.
        """
        import ray

        self._actor: Any = (
            ray.remote(NameEmbedder)
            .options(
                name=ACTOR_NAME,
                get_if_exists=True,
                num_cpus=0,
                num_gpus=num_gpus,
                max_restarts=ATTEMPTS,
                max_task_retries=ATTEMPTS,
                max_concurrency=MAX_CALLS,
            )
            .remote(config, "cuda" if num_gpus else "cpu")
        )

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors ``(n, dim)``.

        Raises:
            TimeoutError: When the actor gives no answer, asked `ATTEMPTS` times.
        """
        import ray

        for _ in range(ATTEMPTS):
            try:
                return ray.get(self._actor.embed.remote(list(texts)), timeout=ANSWER_SECONDS)
            except ray.exceptions.GetTimeoutError:
                continue
        waited, remedy = ATTEMPTS * ANSWER_SECONDS, "if no GPU has its share free, set runtime.rl.embedder_gpus: 0"
        raise TimeoutError(f"{ACTOR_NAME} gave no answer for {waited:.0f} s; {remedy}")
