"""Guard cards."""

import json

import pytest

from proguard.card import check_prompt, make_card, read_card, write_card
from proguard.prompt import PromptFormat
from tests.worlds import LEVELS, taxonomy
from tools.closure import ROOT

CARD = make_card(
    prompt=PromptFormat("compact", 90), levels=LEVELS, taxonomy=taxonomy(), origin={"base": "tiny", "steps": 3}
)


def test_card_reads_back(tmp_path):
    write_card(CARD, tmp_path, ROOT / "data" / "taxonomy.yaml")
    assert read_card(tmp_path) == CARD
    assert (tmp_path / "taxonomy.yaml").exists()


def test_folder_without_a_card_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        read_card(tmp_path)


def test_changed_prompt_is_refused(tmp_path):
    write_card(CARD, tmp_path, ROOT / "data" / "taxonomy.yaml")
    content = json.loads((tmp_path / "guard.json").read_text())
    content["hashes"]["prompt"] = "0" * 16
    (tmp_path / "guard.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="make it again"):
        check_prompt(read_card(tmp_path))


def test_levels_have_to_name_each_modality():
    with pytest.raises(ValueError, match="levels"):
        make_card(prompt=PromptFormat("full"), levels={"text": "category"}, taxonomy=taxonomy(), origin={})
