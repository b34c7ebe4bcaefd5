"""The tiny model on a local Ray cluster against the same model in this process."""

from pathlib import Path

import pytest

from proguard.runtime.cluster import connect
from proguard.storage.images import ImageStore
from proguard.taxonomy_map.local_model import LocalModel, annotate_here, plan_batches
from proguard.taxonomy_map.model import Workplace, annotate_by_model
from proguard.taxonomy_map.on_ray import Cluster, annotate_on_ray
from proguard.taxonomy_map.question_prompt import Asked
from proguard.taxonomy_map.settings import LocalAnnotator
from tests.taxonomy_map.questions import make_question
from tests.worlds import draw_rows, store_images, taxonomy
from tools.closure import ROOT

INFERENCE = {"device": "cpu", "threads": 1}
MODEL = LocalModel("transformers", str(ROOT / "data" / "tiny_base"), None, 6, "float32", INFERENCE)


def ask_about(row):
    image = "<image>" if row.sample.image else ""
    return Asked(f"k {row.sample.id}", row.sample.id, f"<user>{image}words</user>", row.sample.image)


def flat(batches):
    return sorted((answer for batch in batches for answer in batch), key=lambda answer: answer.key)


def test_annotate_on_ray_without_batches_needs_no_cluster():
    cluster = Cluster("nowhere:1", actors=1, cpus=1, gpus=0)
    assert list(annotate_on_ray([], model=MODEL, system="", images=Path("none"), cluster=cluster)) == []


@pytest.mark.slow
def test_annotate_on_ray_gives_the_same_answers_in_any_order(tmp_path):
    import ray

    rows, images = draw_rows(18)
    store_images(images, tmp_path)
    batches = plan_batches([ask_about(row) for row in rows], 4)
    here = annotate_here(batches, model=MODEL, system="sort", images=ImageStore(tmp_path))
    cluster = Cluster("local", actors=2, cpus=0.5, gpus=0)
    there = annotate_on_ray(batches[::-1], model=MODEL, system="sort", images=tmp_path, cluster=cluster)
    assert flat(there) == flat(here)
    assert not ray.is_initialized()


@pytest.mark.slow
def test_annotate_by_model_uses_the_open_cluster_and_goes_on_after_a_kill(tmp_path):
    import ray

    address = {"address": "127.0.0.1:1", "actors": 1, "cpus": 1, "gpus": 0}
    runtime = {"work": str(tmp_path), "inference": INFERENCE, "annotators": {"ray": address}}
    workplace = Workplace(store_images({}, tmp_path / "images"), runtime)
    annotator = LocalAnnotator(
        "tiny", "transformers", MODEL.model, None, True, 60, max_new_tokens=4, dtype="float32", batch_size=2
    )
    questions = [make_question(f"question {i}") for i in range(6)]
    with connect("local"):
        first = annotate_by_model(questions, annotator=annotator, taxonomy=taxonomy(), workplace=workplace)
        journal = tmp_path / "taxonomy_map" / "tiny.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:3]) + lines[3][:10])
        assert annotate_by_model(questions, annotator=annotator, taxonomy=taxonomy(), workplace=workplace) == first
        assert ray.is_initialized()
    assert first.tally.asked == len(lines) == 6
