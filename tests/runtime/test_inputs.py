"""Files that something else lies in place of."""

import pytest
from omegaconf import OmegaConf

from proguard.runtime.inputs import COMMITTED, check_inputs, naming_stand_ins
from proguard.storage.stand_in import describe_stand_in
from tests.conf import ROOT

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
STAND_INS = {
    POINTER: "a git-lfs pointer",
    b"<!DOCTYPE html>\n<html></html>": "an HTML page",
    b"Not Found": "the message",
}


@pytest.fixture
def paths(tmp_path):
    (tmp_path / "tiny_base").mkdir()
    return {key: str(tmp_path / key) for key in COMMITTED}


def test_check_inputs_of_the_project_and_of_absent_files_is_quiet(paths):
    check_inputs(paths)
    params = OmegaConf.to_container(OmegaConf.load(ROOT / "params.yaml"), resolve=True)["paths"]
    check_inputs({key: str(ROOT / path) for key, path in params.items()})


@pytest.mark.parametrize(("content", "found"), STAND_INS.items())
@pytest.mark.parametrize("key", COMMITTED)
def test_check_inputs_names_key_file_and_what_was_found(key, content, found, paths, tmp_path):
    file = tmp_path / key / "model.safetensors" if key == "tiny_base" else tmp_path / key
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"^paths.{key}: {file}: expected data, found {found}"):
        check_inputs(paths)


def test_committed_files_are_those_that_dvc_tracks_none_of():
    stages = OmegaConf.to_container(OmegaConf.load(ROOT / "dvc.yaml"))["stages"]
    cached = {out for stage in stages.values() for out in stage["outs"] if isinstance(out, str)}
    assert [key for key in COMMITTED if f"${{paths.{key}}}" in cached] == []
    assert describe_stand_in(POINTER)


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(1), SystemExit("no"), SystemExit(0)])
@pytest.mark.parametrize("content", [POINTER, b"PAR1"])
def test_naming_stand_ins_says_after_a_failure_which_file_of_a_stage_is_none(error, content, paths, tmp_path, caplog):
    (tmp_path / "mapped").mkdir()
    (tmp_path / "mapped" / "samples.parquet").write_bytes(content)
    (tmp_path / "mapped" / "page.html").write_bytes(b"<!doctype html>")
    (tmp_path / "mapped" / "plot.svg").write_bytes(b"<?xml version='1.0'?>")
    (tmp_path / "metrics.json").write_bytes(b"{}")
    written = {"mapped": str(tmp_path / "mapped"), "metrics": str(tmp_path / "metrics.json"), "report": "/nosuch"}
    with pytest.raises(type(error)), naming_stand_ins(paths | written):
        raise error
    named = [f"{tmp_path}/mapped/samples.parquet: expected data, found a git-lfs pointer" in m for m in caplog.messages]
    assert named == ([True] if content == POINTER and getattr(error, "code", 1) else [])
