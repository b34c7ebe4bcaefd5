"""Folders of guards, whole and damaged."""

import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from proguard import guard_folder
from proguard.card import CARD_FILE, read_card
from proguard.guard_folder import CARD_HASH_FILE, open_guard, seal_guard, write_card
from proguard.guards.families import open_guard_folder
from tests.worlds import make_guard_card, taxonomy
from tools.closure import ROOT

CARD = make_guard_card()


@pytest.fixture
def guard(tmp_path):
    shutil.copytree(ROOT / "data" / "tiny_base", tmp_path / "guard")
    seal_guard(tmp_path / "guard", CARD, ROOT / "data" / "taxonomy.yaml")
    return tmp_path / "guard"


def test_seal_guard_lists_every_file_and_lets_everyone_read_it(guard):
    (guard / "model.safetensors").chmod(0o600)
    seal_guard(guard, CARD, ROOT / "data" / "taxonomy.yaml")
    assert set(read_card(guard).files) == {p.name for p in guard.iterdir()} - {CARD_FILE, CARD_HASH_FILE}
    assert {p.stat().st_mode & 0o777 for p in guard.iterdir()} == {0o644}


def test_open_guard_gives_card_and_taxonomy(guard):
    assert open_guard(guard, full=True) == (read_card(guard), taxonomy())


@pytest.mark.parametrize("name", ["model.safetensors", "processor_config.json", "chat_template.jinja", "taxonomy.yaml"])
def test_open_guard_with_a_cut_or_missing_file_names_it(guard, name):
    content = (guard / name).read_bytes()
    (guard / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=f"{name}: damaged.*dvc repro"):
        open_guard(guard)
    (guard / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}: missing.*dvc repro"):
        open_guard(guard)


def overwrite_a_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_open_guard_with_a_changed_byte_names_the_file(guard, name):
    overwrite_a_byte(guard / name)
    with pytest.raises(ValueError, match=f"{name}: changed"):
        open_guard(guard)


def test_open_guard_hashes_a_large_file_only_when_asked(guard, monkeypatch):
    monkeypatch.setattr(guard_folder, "HASHED_BYTES", 1_000_000)
    overwrite_a_byte(guard / "model.safetensors")
    open_guard(guard)
    with pytest.raises(ValueError, match="changed"):
        open_guard(guard, full=True)


def test_open_guard_with_the_taxonomy_of_another_guard_is_refused(guard):
    card = read_card(guard)
    write_card(replace(card, hashes={**card.hashes, "taxonomy": "0" * 16}), guard)
    with pytest.raises(ValueError, match="not the taxonomy of the card"):
        open_guard(guard)


def test_fingerprint_differs_with_the_weights(guard):
    before = read_card(guard).fingerprint
    overwrite_a_byte(guard / "model.safetensors")
    seal_guard(guard, CARD, ROOT / "data" / "taxonomy.yaml")
    assert read_card(guard).fingerprint != before


def edit_a_limit(guard):
    content = json.loads((guard / CARD_FILE).read_text())
    content["limits"]["chars"] += 1
    (guard / CARD_FILE).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edit_a_limit, "guard.json: changed: its SHA-256 is not that of guard.json.sha256"),
        (lambda guard: (guard / CARD_HASH_FILE).unlink(), "guard.json.sha256: missing, the hash of the card"),
        (lambda guard: (guard / CARD_HASH_FILE).write_bytes(b"\xff"), "guard.json: changed"),
    ],
)
@pytest.mark.parametrize("opened", [open_guard, open_guard_folder])
def test_opened_guard_with_a_changed_card_is_refused(guard, opened, change, message):
    change(guard)
    with pytest.raises((ValueError, FileNotFoundError), match=f"{message}.*dvc repro"):
        opened(guard)


def test_hash_of_the_card_is_one_that_sha256sum_checks(guard):
    subprocess.run(["sha256sum", "--check", "--strict", CARD_HASH_FILE], cwd=guard, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["adapter_config.json", "pytorch_model.bin", "model.safetensors.index.json", "x.py"])
def test_open_guard_with_a_file_that_is_not_of_the_card_names_it(guard, name):
    (guard / name).write_text("{}")
    with pytest.raises(ValueError, match=f"{name}: not a file of guard.json; remove it"):
        open_guard(guard)


def test_open_guard_with_a_folder_that_is_not_of_the_card_names_it(guard):
    (guard / "additional_chat_templates").mkdir()
    (guard / "x.py").write_text("")
    with pytest.raises(ValueError, match="additional_chat_templates and 1 more: not a file of guard.json"):
        open_guard(guard)


def test_open_guard_with_a_readme_and_hidden_files_opens(guard):
    for name in ("README.md", "LICENSE", ".gitattributes"):
        (guard / name).write_text("x")
    assert open_guard(guard)[0] == read_card(guard)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "taxonomy.yaml"])
def test_open_guard_whose_list_misses_a_file_names_it(guard, name):
    card = read_card(guard)
    write_card(replace(card, files={key: each for key, each in card.files.items() if key != name}), guard)
    with pytest.raises(ValueError, match=f"{name}: not a file of guard.json"):
        open_guard(guard)
    (guard / name).unlink()
    if name == "taxonomy.yaml":
        with pytest.raises(ValueError, match="guard.json: files: no taxonomy.yaml"):
            open_guard(guard)
