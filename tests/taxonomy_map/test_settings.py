import pytest
import yaml

from proguard.taxonomy_map.settings import EmbeddingAnnotator, LabelMapAnnotator, Price, read_annotators
from tools.closure import ROOT

ENDPOINT = {
    "name": "judge",
    "kind": "endpoint",
    "url": "http://localhost/v1",
    "model": "m",
    "key_variable": None,
    "hint": False,
    "max_chars": None,
}
LOCAL = {
    "name": "qwen",
    "kind": "vllm",
    "model": "m",
    "revision": "r",
    "hint": True,
    "max_chars": 10,
    "max_new_tokens": 8,
    "dtype": "bfloat16",
    "batch_size": 2,
}


def test_read_annotators_takes_the_kind_from_the_name():
    found = read_annotators([{"name": "label_map"}, {"name": "embedding", "threshold": 0.25}])
    assert found == [LabelMapAnnotator("label_map"), EmbeddingAnnotator("embedding", 0.25)]


def test_read_annotators_takes_several_of_a_kind():
    found = read_annotators([{"name": name, "kind": "embedding", "threshold": 0.25} for name in ("near", "far")])
    assert [a.name for a in found] == ["near", "far"]


def test_read_annotators_reads_models():
    priced, local = read_annotators([ENDPOINT | {"price": {"prompt": 1.0, "completion": 2.0}}, LOCAL])
    assert (priced.kind, priced.price, priced.request) == ("endpoint", Price(1.0, 2.0), {})
    assert (local.kind, local.batch_size) == ("vllm", 2)


def test_read_annotators_leaves_the_entries_as_they_are():
    entry = dict(ENDPOINT)
    read_annotators([entry])
    assert entry == ENDPOINT


def test_read_annotators_reads_the_examples_in_the_comments_of_conf():
    lines = (ROOT / "conf" / "taxonomy_map.yaml").read_text().splitlines()
    examples = [line.removeprefix("  #   ") for line in lines if line.startswith("  #   ")]
    assert [a.kind for a in read_annotators(yaml.safe_load("\n".join(examples)))] == ["vllm", "endpoint", "classifier"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"name": "oracle"}], "oracle: expected a kind of label_map, .*; found 'oracle'"),
        ([{"name": "embedding"}], "embedding: expected name, threshold; found name"),
        ([{"name": "label_map"}] * 2, "a name is given twice"),
        ([{"name": "prior", "kind": "label_map"}], "prior: the annotator of kind label_map, and no other"),
        ([{"name": "label_map", "kind": "embedding", "threshold": 0}], "label_map: the annotator of kind label_map"),
        (
            [{"name": "classifier", "precision": 0.9}],
            "classifier: expected name, precision, phrases, embed; found name, precis",
        ),
        ([{"name": "classifier", "precision": 0, "phrases": None}], r"classifier: precision: .* \(0, 1\], found 0"),
        ([{"name": "classifier", "precision": True, "phrases": None}], "classifier: precision: .*found True"),
        (
            [{"name": "classifier", "precision": 0.8, "phrases": None, "embed": "letters"}],
            "classifier: embed: expected texts or tokens, found 'letters'",
        ),
        ([ENDPOINT | {"name": "../judge"}], "../judge: expected a name of letters"),
        ([ENDPOINT | {"api_key": "k"}], "judge: expected name, url, .*; found .*api_key"),
        ([ENDPOINT | {"price": {"prompt": 1.0}}], "judge: price: expected prompt, completion; found prompt"),
        ([{k: v for k, v in LOCAL.items() if k != "revision"}], "qwen: expected name, kind, model, revision"),
    ],
)
def test_read_annotators_names_a_wrong_entry(entries, message):
    with pytest.raises(ValueError, match=message):
        read_annotators(entries)
