"""The service behind the routes: a guard that loads in the background, its policies, its queue and its metrics."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import anyio

from proguard.moderate.guard import Guard
from proguard.moderate.item import make_item
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy
from proguard.serve.batcher import Batcher, Pair
from proguard.serve.body import Bodies
from proguard.serve.errors import ApiError
from proguard.serve.inputs import Fetch, InputReader
from proguard.serve.keys import Keys
from proguard.serve.limits import ServeLimits
from proguard.serve.metrics import Metrics
from proguard.serve.policies import DEFAULT, read_policies
from proguard.serve.results import Identity

_LOG = logging.getLogger("proguard.serve")

PARSERS = 2
"""Large bodies that are parsed at a time; each may take a few times its size in memory."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is there once the guard has given its first answer."""

    guard: Guard
    policies: dict[str, OwnPolicy]
    reader: InputReader
    batcher: Batcher
    identity: Identity


class Service:
    """Everything that requests share."""

    def __init__(
        self,
        load: Callable[[], Guard],
        *,
        name: str = "proguard",
        policies: Path | None = None,
        limits: ServeLimits | None = None,
        keys: Keys | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        """Keep what is needed to start.

        Args:
            load: Loads the guard.
            name: Under which the guard is served.
            policies: Folder of policy files.
            limits: What a request may cost; ``None`` takes the defaults.
            keys: Keys that open the server; ``None`` leaves it open.
            fetch: Reads remote images; ``None`` takes data URLs only.
        """
        self.name = name
        self.limits = limits or ServeLimits()
        self.keys = keys or Keys([])
        self.bodies = Bodies(self.limits)
        self.metrics = Metrics()
        self.parsers = anyio.CapacityLimiter(PARSERS)
        self.failure: Exception | None = None
        """Why the guard could not be loaded."""

        self.is_draining = False
        self._load = load
        self._policies = policies
        self.fetch = fetch
        self._loaded: Loaded | None = None

    def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Load the guard in a thread, unless it is loaded; ``on_failure`` is called there when that fails."""
        if self._loaded is None:
            threading.Thread(target=self._start, args=(on_failure,), name="load", daemon=True).start()

    def _start(self, on_failure: Callable[[], None]) -> None:
        try:
            self.load()
        except Exception as error:
            self.failure = error
            _LOG.error("the guard did not load: %s", error)
            on_failure()

    def load(self) -> None:
        """Load the guard and its policies, and get a first answer; raises whatever that raises."""
        guard = self._load()
        policies = read_policies(guard, self._policies)
        seconds = _warm_up(guard, policies)
        card = guard.card
        hashes = {"guard": card.fingerprint, "prompt": card.hashes["prompt"], "taxonomy": card.hashes["taxonomy"]}
        batcher = Batcher(
            guard.judge,
            self.limits,
            workers=guard.workers,
            seconds_per_prompt=seconds,
            on_batch=self.metrics.on_batch,
        )
        reader = InputReader(self.limits, max_chars=card.limits.chars, fetch=self.fetch)
        self.metrics.queue_depth.set_function(lambda: batcher.depth)
        self.metrics.info.info({"name": self.name, "version": version("proguard"), **hashes})
        self._loaded = Loaded(guard, policies, reader, batcher, Identity(self.name, hashes))
        _LOG.info("ready")

    @property
    def loaded(self) -> Loaded:
        """What requests are answered with.

        Raises:
            ApiError: Before the guard is loaded, after it failed to, and while the server stops.
        """
        if self._loaded is None:
            raise ApiError(503, "not_ready", "the guard is being loaded", retry_after=2)
        if self.is_draining:
            raise ApiError(503, "stopping", "the server stops", retry_after=5)
        return self._loaded

    def give_up(self) -> None:
        """Answer what was accepted and has no outcome yet with an error; called in the loop of the requests."""
        if self._loaded is not None:
            self._loaded.batcher.give_up()

    def check_ready(self) -> None:
        """Raise `ApiError` unless a request would be judged now."""
        if self.loaded.batcher.is_stalled:
            raise ApiError(503, "engine_stalled", "the engine does not answer", retry_after=5)

    async def judge(self, pairs: Sequence[Pair]) -> list[Outcome]:
        """Return the outcome of each pair of item and policy.

        Raises:
            ApiError: When the queue is full, no outcome comes in time, or the engine fails on all of them.
        """
        loaded = self.loaded
        outcomes = await loaded.batcher.judge(pairs, [loaded.guard.count_prompts(*pair) for pair in pairs])
        if outcomes and all(outcome.is_engine_failure for outcome in outcomes):
            raise ApiError(503, "engine_failed", "the engine failed, and made no outcome", retry_after=1)
        self.metrics.on_outcomes(outcomes)
        return outcomes


def _warm_up(guard: Guard, policies: Mapping[str, OwnPolicy]) -> float:
    """Judge a greeting under each policy, and return the seconds that a prompt takes after that.

    Raises:
        RuntimeError: When the engine gives no answer.
        ValueError: When a policy alone fills the prompt.
    """
    greeting = make_item(request="hello")
    for name, policy in policies.items():
        outcome = guard.judge([(greeting, policy)])[0]
        if outcome.is_engine_failure:
            raise RuntimeError(f"the first prompt gave no answer: {outcome.detail}")
        if outcome.status == "too_long":
            raise ValueError(f"policy {name}: its prompts are longer than the guard takes; shorten it")
    pair = (greeting, policies[DEFAULT])
    start = time.perf_counter()
    guard.judge([pair])
    return (time.perf_counter() - start) / guard.count_prompts(*pair)
