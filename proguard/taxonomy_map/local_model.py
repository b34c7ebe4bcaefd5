"""A model whose weights run here: questions in batches, through transformers or vLLM, greedily.

Batches are planned over all questions before the first runs, and a batch is asked completely or not at all. So padding,
and the last digit of a logit, depends neither on where an earlier run was killed nor on the number of machines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proguard.inference.engine import Dtype, Engine, Query
from proguard.inference.load import EngineName, load_engine
from proguard.storage.images import ImageStore
from proguard.taxonomy_map.journal import ModelAnswer
from proguard.taxonomy_map.question_prompt import Asked, chat


@dataclass(frozen=True, slots=True)
class LocalModel:
    """How a model is loaded, wherever that happens."""

    engine: EngineName

    model: str
    """Folder of the model, or its name on the hub."""

    revision: str | None
    """Commit on the hub; ``None`` for a folder."""

    max_new_tokens: int
    dtype: Dtype

    inference: Mapping[str, Any]
    """``runtime.inference``: device, threads, keyword arguments of vLLM."""

    def load(self) -> Engine:
        """Load the weights, downloaded when they are on the hub.

        Raises:
            ValueError: When there is neither a folder nor a pinned commit.
        """
        return load_engine(
            self.engine,
            self.model,
            revision=self.revision,
            max_new_tokens=self.max_new_tokens,
            dtype=self.dtype,
            runtime=dict(self.inference),
        )


def plan_batches(asked: Sequence[Asked], batch_size: int) -> list[list[Asked]]:
    """Return the questions in batches of one kind, with or without an image, in order of length and key."""
    batches: list[list[Asked]] = []
    for has_image in (False, True):
        kind = sorted((a for a in asked if (a.image is not None) == has_image), key=lambda a: (len(a.user), a.key))
        batches += [kind[i : i + batch_size] for i in range(0, len(kind), batch_size)]
    return batches


def answer_batch(batch: Sequence[Asked], *, engine: Engine, system: str, images: ImageStore) -> list[ModelAnswer]:
    """Return the model's answer to each question of a batch, in order."""
    content = images.read(a.image for a in batch if a.image is not None)
    queries = [Query(chat(a, system), None if a.image is None else content[a.image]) for a in batch]
    return [ModelAnswer(a.key, a.id, c.text) for a, c in zip(batch, engine.complete(queries), strict=True)]


def annotate_here(
    batches: Sequence[Sequence[Asked]], *, model: LocalModel, system: str, images: ImageStore
) -> Iterator[list[ModelAnswer]]:
    """Yield the answers to each batch; the model is loaded for the first one."""
    if not batches:
        return
    engine = model.load()
    for batch in batches:
        yield answer_batch(batch, engine=engine, system=system, images=images)
