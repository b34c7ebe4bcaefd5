"""Batches of questions through a model in this process; the slow tests run the tiny one."""

import pytest

from proguard.inference.engine import Completion
from proguard.inference.weights import identify
from proguard.taxonomy_map.journal import ModelAnswer
from proguard.taxonomy_map.local_model import LocalModel, annotate_here, answer_batch, plan_batches
from proguard.taxonomy_map.model import Workplace, annotate_by_model
from proguard.taxonomy_map.question_prompt import Asked
from proguard.taxonomy_map.settings import LocalAnnotator
from tests.taxonomy_map.questions import make_question
from tests.worlds import draw_rows, store_images, taxonomy
from tools.closure import ROOT

TINY = ROOT / "data" / "tiny_base"
INFERENCE = {"device": "cpu", "threads": 1}


class Echo:
    """An engine that answers with what it is shown."""

    def complete(self, queries):
        return [Completion(f"{q.messages[0]['content']}|{q.messages[1]['content']}|{q.image}") for q in queries]


def asked(key, user="words", image=None):
    return Asked(key, f"id {key}", user, image)


def test_plan_batches_is_by_image_length_and_key_whatever_the_order():
    given = [asked("d"), asked("c", image="i"), asked("b", "longer words"), asked("a")]
    batches = [[a.key for a in batch] for batch in plan_batches(given, 2)]
    assert batches == [["a", "d"], ["b"], ["c"]]
    assert plan_batches(given[::-1], 2) == plan_batches(given, 2)


def test_answer_batch_gives_each_question_its_words_and_image(tmp_path):
    _, images = draw_rows(3)
    sha, content = next(iter(images.items()))
    batch = [asked("a", "<image>one", sha), asked("b", "two")]
    answers = answer_batch(batch, engine=Echo(), system="sys", images=store_images(images, tmp_path))
    assert answers == [
        ModelAnswer("a", "id a", f"sys|<image>one|{content}"),
        ModelAnswer("b", "id b", "sys|two|None"),
    ]


def test_annotate_here_without_batches_loads_nothing(tmp_path):
    model = LocalModel("transformers", "no/model", None, 4, "float32", INFERENCE)
    assert list(annotate_here([], model=model, system="", images=store_images({}, tmp_path))) == []


def test_identify_of_a_folder_is_by_content(tmp_path):
    for name, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(content)
    a, b, c = (identify(str(tmp_path / name), None) for name in "abc")
    assert a == b != c
    assert identify("some/model", "abc") == "some/model@abc"


@pytest.mark.slow
def test_annotate_here_answers_texts_and_images_with_the_tiny_model(tmp_path):
    rows, images = draw_rows(18)
    given = [
        asked(f"k{i}", "<user><image>words</user>" if row.sample.image else "words", row.sample.image)
        for i, row in enumerate(rows)
    ]
    model = LocalModel("transformers", str(TINY), None, 6, "float32", INFERENCE)
    batches = plan_batches(given, 4)
    answers = list(annotate_here(batches, model=model, system="sort", images=store_images(images, tmp_path)))
    assert [[a.key for a in batch] for batch in answers] == [[a.key for a in batch] for batch in batches]
    assert any(a.text for batch in answers for a in batch)


@pytest.mark.slow
def test_annotate_by_model_with_the_tiny_model_goes_on_after_a_kill(tmp_path):
    runtime = {"work": str(tmp_path), "inference": INFERENCE, "annotators": {"ray": {"address": None}}}
    workplace = Workplace(store_images({}, tmp_path / "images"), runtime)
    annotator = LocalAnnotator(
        "tiny", "transformers", str(TINY), None, True, 60, max_new_tokens=4, dtype="float32", batch_size=2
    )
    questions = [make_question(f"question {i}") for i in range(6)]
    first = annotate_by_model(questions, annotator=annotator, taxonomy=taxonomy(), workplace=workplace)
    journal = tmp_path / "taxonomy_map" / "tiny.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:3]) + lines[3][:10])
    assert annotate_by_model(questions, annotator=annotator, taxonomy=taxonomy(), workplace=workplace) == first
    assert first.tally.asked == len(lines) == 6
