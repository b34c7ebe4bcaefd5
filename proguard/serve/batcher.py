"""Dynamic batching: what arrives while the engine works is its next batch, and what would wait too long is refused.

One thread judges, or a few where the engine only asks a server. They are daemons, so that an engine that hangs cannot
keep the process from ending.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from proguard.moderate.item import Item
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy
from proguard.serve.errors import ApiError
from proguard.serve.limits import ServeLimits

Pair = tuple[Item, OwnPolicy]

_MEMORY = 16
"""Batches over which the mean time of a prompt is taken: one slow item must not close the queue."""


@dataclass(eq=False, slots=True)
class _Job:
    pair: Pair
    n_prompts: int
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Outcome]" = field(repr=False)

    def settle(self, outcome: Outcome | Exception) -> None:
        """Hand the outcome over to the loop that waits for it, unless it waits no more."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Outcome | Exception) -> None:
        if self.future.done():
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Batcher:
    """A queue of items in front of a guard, bounded by the time that they would wait."""

    def __init__(
        self,
        judge: Callable[[Sequence[Pair]], list[Outcome]],
        limits: ServeLimits,
        *,
        workers: int = 1,
        seconds_per_prompt: float = 0.0,
        on_batch: Callable[[int, float], None] = lambda size, seconds: None,
    ) -> None:
        """Start the threads that judge.

        Args:
            judge: Returns an outcome for each pair of item and policy.
            workers: How many threads.
            seconds_per_prompt: What a prompt took when the guard was tried; counts until a batch is done.
            on_batch: Called with the prompts and the seconds of each batch.
        """
        self._judge = judge
        self._limits = limits
        self._on_batch = on_batch
        self._jobs: deque[_Job] = deque()
        self._filled = threading.Condition()
        self._running: dict[int, tuple[int, float]] = {}
        """Prompts of the batch of each thread, and when it began."""

        self._workers = workers
        self._recent: deque[tuple[int, float]] = deque(maxlen=_MEMORY)
        self._mean_seconds = seconds_per_prompt
        """Of a prompt, over the recent batches."""

        self._waiting: set[_Job] = set()
        """Jobs whose outcomes requests wait for."""

        for number in range(workers):
            threading.Thread(target=self._work, args=(number,), name=f"engine {number}", daemon=True).start()

    @property
    def depth(self) -> int:
        """Prompts that wait."""
        return sum(job.n_prompts for job in self._jobs.copy())

    @property
    def is_stalled(self) -> bool:
        """Whether every thread works on one batch for longer than a request may take."""
        begun = [since for _, since in self._running.copy().values()]
        late = time.monotonic() - self._limits.request_seconds
        return len(begun) == self._workers and max(begun) < late

    def check_room(self, n_prompts: int = 1) -> None:
        """Raise `ApiError` when ``n_prompts`` more would wait too long."""
        if self.is_stalled:
            raise ApiError(
                503, "engine_stalled", "the engine does not answer", retry_after=self._limits.request_seconds
            )
        ahead = self.depth
        running = sum(n for n, _ in self._running.copy().values())
        seconds = (ahead + running) * self._seconds_per_prompt() / self._workers
        if ahead and (seconds > self._limits.queue_seconds or ahead + n_prompts > self._limits.queue_prompts):
            raise ApiError(429, "queue_full", "too many requests wait", retry_after=seconds)

    def _seconds_per_prompt(self) -> float:
        """Return the mean of a prompt, or what one of a batch under way has taken already: an engine may slow down."""
        now = time.monotonic()
        return max(self._mean_seconds, *((now - since) / n for n, since in self._running.copy().values()), 0.0)

    def give_up(self) -> None:
        """Answer every request that waits, with an error: the process is about to end. Called in their loop."""
        for job in self._waiting.copy():
            job._settle(ApiError(503, "stopping", "the server stops, and made no outcome", retry_after=5))

    async def judge(self, pairs: Sequence[Pair], n_prompts: Sequence[int]) -> list[Outcome]:
        """Return the outcome of each pair, all of which are taken or none.

        Args:
            n_prompts: Prompts that each pair needs.

        Raises:
            ApiError: When the queue is full, or no outcome came in time.
        """
        self.check_room(sum(n_prompts))
        loop = asyncio.get_running_loop()
        jobs = [_Job(pair, n, loop, loop.create_future()) for pair, n in zip(pairs, n_prompts, strict=True)]
        self._waiting.update(jobs)
        with self._filled:
            self._jobs.extend(jobs)
            self._filled.notify()
        try:
            async with asyncio.timeout(self._limits.request_seconds):
                return list(await asyncio.gather(*(job.future for job in jobs)))
        except TimeoutError:
            raise ApiError(504, "timeout", "no outcome came in time") from None
        finally:
            self._waiting.difference_update(jobs)

    def _work(self, number: int) -> None:
        while True:
            batch = self._take(number)
            start = time.monotonic()
            try:
                outcomes: Sequence[Outcome | Exception] = self._judge([job.pair for job in batch])
                if len(outcomes) != len(batch):
                    raise RuntimeError(f"expected {len(batch)} outcomes, found {len(outcomes)}")
            except Exception as error:
                # The guard is a boundary: an error ends the requests of this batch, and not the thread.
                outcomes = [error] * len(batch)
            self._note(number, time.monotonic() - start)
            for job, outcome in zip(batch, outcomes, strict=True):
                job.settle(outcome)

    def _take(self, number: int) -> list[_Job]:
        """Wait for jobs, and return those of the next batch; nobody waits for a cancelled one."""
        batch: list[_Job] = []
        with self._filled:
            while not batch:
                while not self._jobs:
                    self._filled.wait()
                n_prompts = 0
                while self._jobs and (not batch or n_prompts + self._jobs[0].n_prompts <= self._limits.batch_prompts):
                    job = self._jobs.popleft()
                    if not job.future.done():
                        batch.append(job)
                        n_prompts += job.n_prompts
            self._running[number] = (n_prompts, time.monotonic())
        return batch

    def _note(self, number: int, seconds: float) -> None:
        with self._filled:
            n_prompts, _ = self._running.pop(number)
            self._recent.append((n_prompts, seconds))
            self._mean_seconds = sum(s for _, s in self._recent) / sum(n for n, _ in self._recent)
        self._on_batch(n_prompts, seconds)
