"""Where a model's weights come from."""

import pytest

from proguard.inference.weights import find_model


def test_find_model_takes_a_folder_as_it_is(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert find_model(str(tmp_path), None) == str(tmp_path)


def test_find_model_of_the_hub_needs_a_pinned_revision():
    with pytest.raises(ValueError, match="some/model: not a model folder .*pin its revision"):
        find_model("some/model", None)
