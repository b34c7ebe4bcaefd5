"""Guard cards."""

import json
from dataclasses import asdict, replace

import pytest

from proguard.card import CARD_FILE, GuardLimits, check_prompt, make_limits, read_card
from proguard.guards.families import open_guard_folder
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
        (lambda card: card["prompt"].update(max_chars=0), "prompt.max_chars: expected null or .*at least 1, found 0"),
        (lambda card: card["limits"].update(colour="red"), "limits.colour"),
        (lambda card: card["max_shown"].update(category=0), "max_shown.category: .*greater.*found 0"),
        (lambda card: card["max_shown"].pop("category"), "max_shown: no category"),
        (lambda card: card.update(files={"x": {"bytes": -1, "sha256": "0" * 64}}), "files.x.bytes: .*found -1"),
        (lambda card: card.update(files={"x": {"bytes": 1, "sha256": "0"}}), "files.x.sha256: .*found '0'"),
        (lambda card: card.update(origin={"steps": True}), "origin.steps"),
    ],
)
def test_wrong_card_is_refused_by_key_in_one_line(tmp_path, change, message):
    with pytest.raises(ValueError, match=message) as error:
        read_card(write(tmp_path, change))
    assert "dvc repro" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [0, -1, 2**31, 1.5, 320.0, True, "320", None, float("nan"), float("inf"), [1]])
@pytest.mark.parametrize("limit", ["prompt_tokens", "new_tokens", "chars", "categories"])
def test_limit_out_of_range_is_refused_by_key_in_one_line(tmp_path, limit, value):
    with pytest.raises(ValueError, match=f"guard.json: .*(limits.{limit}: |JSON).*dvc repro") as error:
        read_card(write(tmp_path, lambda card: card["limits"].update({limit: value})))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/hosts", "a/b", "a\\b", "a\0b", "a\nb", CARD_FILE])
def test_file_outside_the_folder_is_refused_by_name(tmp_path, name):
    record = {"bytes": 1, "sha256": "0" * 64}
    with pytest.raises(ValueError, match="files: .* is not the name of a file of the folder") as error:
        read_card(write(tmp_path, lambda card: card.update(files={name: record})))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, '{"family": ' + "[" * 100_000])
@pytest.mark.parametrize("read", [read_card, open_guard_folder])
def test_card_that_is_nested_too_deeply_is_refused_in_one_line(tmp_path, read, content):
    (tmp_path / CARD_FILE).write_text(content)
    with pytest.raises(ValueError, match="guard.json: not .*nested too deeply") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


def test_guard_of_another_family_is_refused_by_name(tmp_path):
    (tmp_path / CARD_FILE).write_text('{"family": "llama_guard"}')
    with pytest.raises(ValueError, match="another family .'llama_guard'., expected one of our own"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"3", b'"family"', b'{"version": 2, "version": 2}']
)
@pytest.mark.parametrize("read", [read_card, open_guard_folder])
def test_unreadable_card_is_refused_by_name(tmp_path, read, content):
    (tmp_path / CARD_FILE).write_bytes(content)
    with pytest.raises(ValueError, match=CARD_FILE):
        read(tmp_path)


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
