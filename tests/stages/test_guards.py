"""Stages guards and predict, run in this process on guards that are not ours."""

import pytest

from proguard.readings.reading import UNASKED
from proguard.readings.table import read_predictions
from proguard.storage.files import read_json
from tests.stages.guard_world import predict_with

pytestmark = pytest.mark.slow


def test_recorded_guard_reads_texts_and_is_not_asked_about_images(tmp_path):
    path, rows = predict_with(tmp_path, "word_list")
    readings = {id_: prediction.reading for id_, prediction in read_predictions(path).items()}
    for row in rows:
        reading = readings[row.sample.id]
        assert (reading == UNASKED) == (row.sample.modality != "text")
        assert reading.response.was_asked == (row.sample.modality == "text" and row.sample.has_response)
    assert {r.request.label for r in readings.values()} == {"safe", "unsafe", None}
    summary = read_json(tmp_path / "data/summaries/predict-word_list-test.json")
    assert summary["unmatched_rows"] == 0
    assert summary["request"]["not_asked"] == sum(row.sample.modality != "text" for row in rows)


def test_rows_without_a_recorded_answer_stop_predict_above_the_share(tmp_path):
    (tmp_path / "data/recorded").mkdir(parents=True)
    (tmp_path / "data/recorded/word_list.jsonl").write_text('{"request": "hi", "response": null, "predict": "x"}\n')
    paths = {"paths": {"recorded": str(tmp_path / "data/recorded")}}
    with pytest.raises(ValueError, match=r"\d+ of \d+ rows have no recorded answer, such as .*max_unmatched \(0"):
        predict_with(tmp_path, "word_list", **paths)
    predict_with(tmp_path, "word_list", "guards.word_list.recorded.max_unmatched=1", **paths)
    summary = read_json(tmp_path / "data/summaries/predict-word_list-test.json")
    assert summary["request"] == {"not_asked": summary["rows"]}
    assert summary["unused_records"] == 1
