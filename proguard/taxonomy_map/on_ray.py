"""The same batches on a Ray cluster: a Ray Data map over them, by actors that each hold the model.

A row of the data set is a planned batch, so an answer is the same on any number of machines, in any order, and after
any retry: Ray runs a batch again when the machine that had it is gone. The images' folder has to be readable on every
machine, as the checkpoints' is.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proguard.inference.weights import is_folder
from proguard.runtime.cluster import connect
from proguard.storage.images import ImageStore
from proguard.taxonomy_map.journal import ModelAnswer
from proguard.taxonomy_map.local_model import LocalModel, answer_batch
from proguard.taxonomy_map.question_prompt import Asked

if TYPE_CHECKING:
    import numpy as np

MAX_BLOCKS = 4096
"""Most tasks that a data set is cut into; beyond it a task takes several batches."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster, and what an actor takes of it."""

    address: str
    """``local`` starts one on this machine, ``auto`` finds the one that runs here, else ``host:port``."""

    actors: int
    """Actors, each with the model."""

    cpus: float
    """Cores that Ray counts for an actor."""

    gpus: float
    """GPUs of an actor."""


class Answerer:
    """The actor: a loaded model that answers batches."""

    def __init__(self, model: LocalModel, system: str, images: Path) -> None:
        """Load the model."""
        self._engine, self._system, self._images = model.load(), system, ImageStore(images)

    def __call__(self, rows: "dict[str, np.ndarray]") -> dict[str, list[str]]:
        """Return the answers to each row's batch, both as JSON."""
        return {"answers": [self._answer(str(row)) for row in rows["batch"]]}

    def _answer(self, row: str) -> str:
        batch = [Asked(**fields) for fields in json.loads(row)]
        answers = answer_batch(batch, engine=self._engine, system=self._system, images=self._images)
        return json.dumps([asdict(answer) for answer in answers])


def annotate_on_ray(
    batches: Sequence[Sequence[Asked]], *, model: LocalModel, system: str, images: Path, cluster: Cluster
) -> Iterator[list[ModelAnswer]]:
    """Yield the answers to each batch as it is done, in any order; a lost machine's batches are done again.

    Connects to the cluster when the first answer is asked for, and leaves it after the last; a connection that is open
    already is used, and left open.

    Args:
        batches: Planned by `proguard.taxonomy_map.local_model.plan_batches`.
        images: Folder of the image shards, the same path on every machine.

    Raises:
        ConnectionError: When there is no cluster at the address.
    """
    if not batches:
        return
    import ray.data

    with connect(cluster.address):
        rows = [{"batch": json.dumps([asdict(asked) for asked in batch])} for batch in batches]
        answered = ray.data.from_items(rows, override_num_blocks=min(len(rows), MAX_BLOCKS)).map_batches(
            Answerer,
            fn_constructor_kwargs={"model": _anywhere(model), "system": system, "images": images.resolve()},
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=cluster.actors),
            num_cpus=cluster.cpus,
            num_gpus=cluster.gpus,
        )
        answered.context.enable_progress_bars = False
        for row in answered.iter_rows():
            yield [ModelAnswer(**fields) for fields in json.loads(row["answers"])]


def _anywhere(model: LocalModel) -> LocalModel:
    """Return ``model`` with its folder as a full path: an actor works in a folder of its own."""
    return replace(model, model=str(Path(model.model).resolve())) if is_folder(model.model) else model
