"""A guard in use: items in, outcomes out, in batches.

guard = Guard.load("data/guards/proguard")
outcome, = guard.moderate([{"request": "How do I skip the queue?"}])
outcome.flagged
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from proguard.card import CHARS_PER_TOKEN, REMEDY, GuardCard
from proguard.guard_folder import open_guard
from proguard.inference.engine import Dtype, Engine
from proguard.inference.load import load_engine
from proguard.inference.server import Patience, Server
from proguard.moderate.ask import asks_of, complete_asks
from proguard.moderate.engine_process import EngineProcess
from proguard.moderate.item import Item, check_item, read_item
from proguard.moderate.join import outcome_of
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy, PolicySource, read_policy
from proguard.taxonomy import Taxonomy

EngineKind = Literal["transformers", "vllm", "endpoint"]

BATCH_SIZE = 32
"""Prompts of one call to the engine."""

ENDPOINT_WORKERS = 4
"""Calls to an endpoint at a time: while one waits for its slowest answer, others go on."""

PATIENCE = Patience(concurrency=BATCH_SIZE, retries=2, timeout_s=20.0)
"""How an endpoint is treated: an outcome that comes later is of no use to whoever waits."""


class Guard:
    """A loaded guard. Threads may share it."""

    def __init__(
        self,
        engine: Engine,
        card: GuardCard,
        taxonomy: Taxonomy,
        *,
        batch_size: int = BATCH_SIZE,
        workers: int = 1,
    ) -> None:
        """Wrap a loaded engine.

        Args:
            batch_size: Most prompts of one call to the engine, at least 1.
            workers: Threads that may use the engine at a time: one, unless it only asks a server.
        """
        self.workers = workers
        self.card = card
        self.taxonomy = taxonomy
        self._engine = engine
        self._batch_size = batch_size
        self._lock: AbstractContextManager[Any] = Lock() if workers == 1 else nullcontext()

    @classmethod
    def load(
        cls,
        folder: Path | str,
        engine: EngineKind = "transformers",
        *,
        batch_size: int = BATCH_SIZE,
        dtype: Dtype = "float32",
        device: str = "auto",
        threads: int = 1,
        vllm: Mapping[str, Any] | None = None,
        endpoint: Server | None = None,
        own_process: bool = False,
    ) -> "Guard":
        """Return the guard of a folder, its weights in memory or behind a server.

        Args:
            dtype: Number format of the weights; ``bfloat16`` for a guard of billions of parameters.
            device: Of the engine ``transformers``: ``cpu``, ``cuda``, or ``auto`` for a GPU where there is one.
            threads: Threads of the engine ``transformers``.
            vllm: Keyword arguments of ``vllm.LLM``, for the engine ``vllm``.
            endpoint: For the engine ``endpoint``: a server of the folder's weights, such as ``vllm serve``. What it is
                sent leaves this process.
            own_process: Whether the weights are loaded into a process of their own, so that other threads of this one
                need not wait for the engine. As for any process that Python spawns, a script then needs
                ``if __name__ == "__main__":``.

        Raises:
            FileNotFoundError: When the folder has no card, or a file is missing.
            ValueError: When the card, a file or the taxonomy is damaged, or an endpoint is not given as it should be.
        """
        card, taxonomy = open_guard(folder)
        if engine == "endpoint":
            asking = _ask_endpoint(endpoint, card)
            return cls(asking, card, taxonomy, batch_size=batch_size, workers=ENDPOINT_WORKERS)
        try:
            load = partial(
                load_engine,
                engine,
                folder,
                max_new_tokens=card.limits.new_tokens,
                dtype=dtype,
                max_prompt_tokens=card.limits.prompt_tokens,
                runtime={"device": device, "threads": threads, "vllm": dict(vllm or {})},
            )
            loaded = EngineProcess(load) if own_process else load()
        except ImportError:
            raise
        except Exception as error:
            # Loaders raise whatever they like at a file that does not fit the others.
            said = str(error).strip().partition("\n")[0]
            machine = "see that vllm runs on this machine; " if engine == "vllm" else ""
            raise ValueError(f"{folder}: does not load: {type(error).__name__}: {said}: {machine}{REMEDY}") from error
        return cls(loaded, card, taxonomy, batch_size=batch_size)

    def policy(self, source: PolicySource | None = None) -> OwnPolicy:
        """Return a checked policy, to use in many calls; ``None`` gives the guard's whole taxonomy.

        Raises:
            ValueError: When it is not a policy, has more categories than the guard takes, or fills a prompt by itself.
        """
        if source is None or isinstance(source, OwnPolicy):
            return source or OwnPolicy(None, self.taxonomy)
        policy = read_policy(source, self.taxonomy, max_categories=self.card.limits.categories)
        most = CHARS_PER_TOKEN * self.card.limits.prompt_tokens
        for ask in asks_of(Item(request="-"), policy, self.card):
            if (n_chars := len(ask.messages[0]["content"])) > most:
                raise ValueError(
                    f"policy: categories {ask.part.ids[0]} to {ask.part.ids[-1]} take {n_chars} characters of a prompt,"
                    f" more than the guard's {most}: shorten names and descriptions"
                )
        return policy

    def moderate(self, items: Sequence[Item | Mapping[str, Any]], policy: PolicySource | None = None) -> list[Outcome]:
        """Return the outcome of each item.

        Args:
            items: Items, or mappings with ``request``, ``response`` and ``images``.
            policy: A policy of `Guard.policy`, a file or a list of entries; ``None`` is the guard's whole taxonomy.

        Raises:
            ValueError: When an item or the policy is not usable. What the engine does never raises.
        """
        own = self.policy(policy)
        return self.judge([(check_item(item) if isinstance(item, Item) else read_item(item), own) for item in items])

    async def moderate_async(
        self, items: Sequence[Item | Mapping[str, Any]], policy: PolicySource | None = None
    ) -> list[Outcome]:
        """Return what `moderate` returns, without blocking the event loop."""
        return await asyncio.to_thread(self.moderate, items, policy)

    def count_prompts(self, item: Item, policy: OwnPolicy) -> int:
        """Return how many prompts an item needs: a measure of what it costs."""
        return sum(1 for _ in asks_of(item, policy, self.card))

    def judge(self, pairs: Sequence[tuple[Item, OwnPolicy]]) -> list[Outcome]:
        """Return the outcome of each item under its own policy; prompts of all items share batches."""
        limit = self.card.limits.chars
        asks = [[] if item.chars > limit else list(asks_of(item, policy, self.card)) for item, policy in pairs]
        with self._lock:
            flat = complete_asks([a for group in asks for a in group], self._engine, batch_size=self._batch_size)
        answers = iter(flat)
        return [
            outcome_of(group, [next(answers) for _ in group], policy.taxonomy)
            if group
            else Outcome(status="too_long", detail=f"a text has {item.chars} characters, more than {limit}")
            for group, (item, policy) in zip(asks, pairs, strict=True)
        ]


def _ask_endpoint(endpoint: Server | None, card: GuardCard) -> Engine:
    """Return an engine that asks ``endpoint`` for greedy completions.

    Raises:
        ValueError: When there is none.
    """
    if endpoint is None:
        raise ValueError("engine endpoint: expected the keyword endpoint, a Server(url, model)")
    from proguard.inference.endpoint import EndpointEngine

    greedy = replace(endpoint, request={"temperature": 0, **endpoint.request})
    return EndpointEngine(greedy, PATIENCE, max_new_tokens=card.limits.new_tokens, where="guard")
