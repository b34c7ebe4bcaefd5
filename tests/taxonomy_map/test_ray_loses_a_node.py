"""Model annotation on a Ray cluster of two nodes, one of which dies while it answers."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from proguard.inference.engine import Completion, Engine, Query
from proguard.taxonomy_map.journal import ModelAnswer
from proguard.taxonomy_map.local_model import answer_batch, plan_batches
from proguard.taxonomy_map.on_ray import Cluster, annotate_on_ray
from proguard.taxonomy_map.question_prompt import Asked
from tests.ray_cluster import leave_mark, marks, two_nodes
from tests.worlds import draw_rows, store_images


@dataclass(frozen=True)
class Echo:
    """A model and its engine: says again what it is asked, slowly, and marks on which node."""

    marks: Path | None = None
    model: str = "echo"

    def load(self) -> Engine:
        return self

    def complete(self, queries: list[Query]) -> list[str]:
        if self.marks is not None:
            leave_mark(self.marks, queries[0].messages[1]["content"].split()[1])
            time.sleep(0.3)
        return [Completion(f"{query.messages[1]['content']} {len(query.image or b'')}") for query in queries]


def flat(batches: list[list[ModelAnswer]]) -> list[ModelAnswer]:
    return sorted((answer for batch in batches for answer in batch), key=lambda answer: answer.key)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_annotate_on_ray_that_loses_a_node_gives_the_answers_of_one_machine(tmp_path: Path):
    _, images = draw_rows(24)
    store = store_images(images, tmp_path / "images")
    shas = [*sorted(images)[:10], *[None] * 30]
    asked = [Asked(f"k{i:02d}", f"id {i}", f"question {i} ", sha) for i, sha in enumerate(shas)]
    batches = plan_batches(asked, 2)
    expected = flat([answer_batch(batch, engine=Echo(), system="", images=store) for batch in batches])

    with two_nodes() as nodes:

        def is_at_its_second_batch() -> bool:
            return sum(nodes.other in where for where in marks(tmp_path / "marks").values()) == 2

        cluster = Cluster("auto", actors=2, cpus=1, gpus=0)
        with nodes.kill_other_when(is_at_its_second_batch):
            model = Echo(tmp_path / "marks")
            answers = list(annotate_on_ray(batches, model=model, system="", images=store.folder, cluster=cluster))
    assert flat(answers) == expected
    # What the lost node was at was begun again on the one that is left.
    assert any(len(where) == 2 for where in marks(tmp_path / "marks").values())
