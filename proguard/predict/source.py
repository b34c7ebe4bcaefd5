"""Where a guard's answers come from: its weights, a server, or files that somebody recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proguard.guards.families import OpenedGuard
from proguard.guards.spec import Decoding
from proguard.inference.engine import Dtype, Engine
from proguard.inference.load import EngineName, load_engine
from proguard.predict.replay import replay
from proguard.predict.run import Answers, Asked, run_batches
from proguard.storage.images import ImageStore
from proguard.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class Answered:
    """A guard's answers about a test set."""

    answers: Answers
    counts: Mapping[str, int] = field(default_factory=dict)
    """What a reader of the summary should know of their source."""


def answer_all(
    asked: Sequence[Asked],
    guard: OpenedGuard,
    folder: Path,
    *,
    engine: EngineName,
    dtype: Dtype,
    decoding: Decoding,
    runtime: Mapping[str, Any],
    images: ImageStore,
    journal: Journal,
) -> Answered:
    """Return the answers to everything that a guard is asked.

    Args:
        asked: What `proguard.predict.run.ask_all` returns.
        guard: The guard of ``folder``.
        folder: Its folder, which holds the weights of our own guards and recorded answers.
        engine: What runs weights, unless the guard needs another engine.
        dtype: Data type of the weights.
        decoding: How our own guards complete; another guard says so itself.
        runtime: ``runtime``: machine knobs.
        images: Where the rows' images are.
        journal: Finished answers of this guard about these rows.
    """
    spec = guard.spec
    if spec is not None and spec.recorded is not None:
        found = replay(asked, folder, max_unmatched=spec.recorded.max_unmatched)
        return Answered(found.answers, {"unmatched_rows": found.unmatched, "unused_records": found.unused})
    if spec is not None:
        decoding = spec.decoding

    def load() -> Engine:
        options = {
            "max_new_tokens": decoding.max_new_tokens,
            "dtype": dtype,
            "runtime": dict(runtime["inference"]),
        }
        if spec is None:
            return load_engine(engine, folder, **options)
        own = spec.weights
        return load_engine(
            own.engine or engine, own.model, revision=own.revision, remote_code=own.remote_code, **options
        )

    return Answered(run_batches(asked, load=load, images=images, batch_size=decoding.batch_size, journal=journal))
