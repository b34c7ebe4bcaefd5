"""Where a guard's answers come from: its weights, a server, or files that somebody recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proguard.guards.families import OpenedGuard
from proguard.guards.spec import Decoding, GuardSpec
from proguard.inference.engine import Dtype, Engine
from proguard.inference.load import EngineName, load_engine
from proguard.inference.server import Patience
from proguard.predict.replay import replay
from proguard.predict.run import Answers, Asked, run_batches, run_each
from proguard.storage.images import ImageStore
from proguard.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class Means:
    """What answers are made with."""

    engine: EngineName
    """What runs weights, unless a guard needs another engine."""

    dtype: Dtype
    """Number format of the weights of our own guards; another guard says so itself."""

    decoding: Decoding
    """How our own guards complete; likewise."""

    runtime: Mapping[str, Any]
    """``runtime``: machine knobs; ``inference`` and ``endpoint`` are read."""

    images: ImageStore
    """Where the rows' images are."""

    needs_all: bool = True
    """Whether recorded answers have to cover the rows, up to the guard's own ``max_unmatched``."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A guard's answers about a test set."""

    answers: Answers
    counts: Mapping[str, int] = field(default_factory=dict)
    """What a reader of the summary should know of their source."""


def answer_all(asked: Sequence[Asked], guard: OpenedGuard, folder: Path, means: Means, journal: Journal) -> Answered:
    """Return the answers to everything that a guard is asked.

    Args:
        asked: What `proguard.predict.run.ask_all` returns.
        guard: The guard of ``folder``.
        folder: Its folder, which holds the weights of our own guards and recorded answers of others.
        means: Engine, machine and images.
        journal: Finished answers of this guard about these rows.
    """
    spec = guard.spec
    if spec is not None and spec.recorded is not None:
        found = replay(asked, folder, max_unmatched=spec.recorded.max_unmatched if means.needs_all else 1.0)
        return Answered(found.answers, {"unmatched_rows": found.unmatched, "unused_records": found.unused})
    decoding = means.decoding if spec is None else spec.decoding
    options: dict[str, Any] = {"images": means.images, "batch_size": decoding.batch_size, "journal": journal}
    if spec is not None and spec.server is not None:
        from proguard.inference.endpoint import EndpointEngine

        patience, where = Patience(**means.runtime["endpoint"]), f"guards.{folder.name}"
        server = EndpointEngine(spec.server, patience, max_new_tokens=decoding.max_new_tokens, where=where)
        return Answered(run_each(asked, engine=server, **options))
    return Answered(run_batches(asked, load=lambda: _load(spec, folder, means, decoding), **options))


def _load(spec: GuardSpec | None, folder: Path, means: Means, decoding: Decoding) -> Engine:
    options: dict[str, Any] = {"max_new_tokens": decoding.max_new_tokens, "runtime": dict(means.runtime["inference"])}
    if spec is None:
        return load_engine(means.engine, folder, dtype=means.dtype, **options)
    own = spec.weights
    if own is None:
        raise ValueError(f"guards.{folder.name}: neither weights, a server nor recorded answers; see conf/guard")
    return load_engine(
        own.engine or means.engine,
        own.model,
        revision=own.revision,
        dtype=own.dtype,
        remote_code=own.remote_code,
        **options,
    )
