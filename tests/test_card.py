"""Guard cards."""

import json
from dataclasses import asdict, replace

import pytest

from proguard.card import CARD_FILE, GuardLimits, check_prompt, make_limits, read_card
from proguard.prompt import PromptFormat
from tests.worlds import make_guard_card, taxonomy

CARD = make_guard_card(prompt=PromptFormat("compact", 90), max_shown={"subcategory": 10, "category": 7})


def write(folder, change=lambda card: None):
    """Write the card's content after ``change(content)``."""
    content = json.loads(json.dumps(asdict(CARD)))
    change(content)
    (folder / CARD_FILE).write_text(json.dumps(content))
    return folder


def test_card_reads_back(tmp_path):
    assert read_card(write(tmp_path)) == CARD


def test_folder_without_a_card_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="dvc repro"):
        read_card(tmp_path)


@pytest.mark.parametrize("change", [{"prompt": "0" * 16}, {"prompt": None}])
def test_changed_prompt_is_refused(change):
    with pytest.raises(ValueError, match="make it again"):
        check_prompt(replace(CARD, hashes=change))


def test_levels_have_to_name_each_modality():
    with pytest.raises(ValueError, match="levels"):
        make_guard_card(levels={"text": "category"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card.pop("version"), "version: expected 2, found None"),
        (lambda card: card.update(version=1), "version: expected 2, found 1"),
        (lambda card: card.pop("limits"), "limits: Field required"),
        (lambda card: card.update(colour="red"), "colour: .*found 'red'"),
        (lambda card: card["limits"].update(chars="many"), "limits.chars: .*integer, found 'many'"),
        (lambda card: card["levels"].update(text="genus"), "levels.text: .*found 'genus'"),
        (lambda card: card["levels"].pop("image"), "levels: no image"),
        (lambda card: card.update(files=[]), "files: .*found"),
        (lambda card: card.update(files={"config.json": {"bytes": "9", "sha256": ""}}), "files.config.json.bytes"),
        (lambda card: card.update(prompt=None), "prompt: .*found None"),
        (lambda card: card["prompt"].update(style="loud"), "prompt.style"),
    ],
)
def test_wrong_card_is_refused_by_key_in_one_line(tmp_path, change, message):
    with pytest.raises(ValueError, match=message) as error:
        read_card(write(tmp_path, change))
    assert "dvc repro" in str(error.value)
    assert "\n" not in str(error.value)


def test_guard_of_another_family_is_refused_by_name(tmp_path):
    (tmp_path / CARD_FILE).write_text('{"family": "llama_guard"}')
    with pytest.raises(ValueError, match="another family .'llama_guard'., expected one of our own"):
        read_card(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"3"])
def test_unreadable_card_is_refused_by_name(tmp_path, content):
    (tmp_path / CARD_FILE).write_bytes(content)
    with pytest.raises(ValueError, match=CARD_FILE):
        read_card(tmp_path)


def test_fingerprint_differs_with_the_content():
    assert CARD.fingerprint != replace(CARD, origin={"base": "other"}).fingerprint


@pytest.mark.parametrize(("max_chars", "chars"), [(None, 2560), (90, 90), (9000, 2560)])
def test_make_limits_takes_the_lengths_of_training(max_chars, chars):
    prompt = PromptFormat("compact", max_chars)
    limits = make_limits(prompt_tokens=320, new_tokens=48, prompt=prompt, taxonomy=taxonomy())
    assert limits == GuardLimits(320, 48, chars, 64)


def test_make_limits_takes_twice_a_large_taxonomy():
    nodes = taxonomy().nodes
    more = tuple(replace(nodes[1], code=f"C1S{i}") for i in range(1, 51))
    known = replace(taxonomy(), nodes=(nodes[0], *more))
    limits = make_limits(prompt_tokens=320, new_tokens=48, prompt=PromptFormat("compact"), taxonomy=known)
    assert limits.categories == 100
