"""A release uploaded to a hub that speaks the real one's protocol."""

import pytest

from proguard.cli import main
from proguard.release.push import push
from tests.release.pipelines import write_guard, write_pipeline
from tests.release.write_hub import serve_write_hub


@pytest.fixture
def release(tmp_path):
    files = {
        "README.md": b"---\nlicense: other\n---\n# proguard\n",
        "guard.json": b"{}",
        "model.safetensors": b"w" * 5000,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path, files


def test_push_opens_a_pull_request_with_all_files_and_leaves_main_alone(release):
    folder, files = release
    with serve_write_hub() as hub:
        addresses = [push(folder, "me/proguard") for _ in range(2)]
    assert addresses == [f"{hub.endpoint}/me/proguard/discussions/{n}" for n in (1, 2)]
    assert hub.repositories == {"me/proguard": True}
    assert hub.pull_requests == [files, files]
    assert hub.pushes_to_main == 0


def test_push_of_a_data_set_goes_to_a_data_set_with_its_folders(release):
    folder, files = release
    (folder / "data").mkdir()
    (folder / "data/train.parquet").write_bytes(b"PAR1")
    with serve_write_hub() as hub:
        push(folder, "me/rows", kind="dataset")
    assert hub.kinds == ["datasets"]
    assert hub.pull_requests == [files | {"data/train.parquet": b"PAR1"}]


@pytest.mark.parametrize("fault", ["token", "address"])
def test_push_that_the_hub_refuses_is_one_line(release, monkeypatch, fault):
    with serve_write_hub() as hub:
        if fault == "token":
            monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
        else:
            monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(OSError, match="401" if fault == "token" else "refused") as raised:
            push(release[0], "me/proguard")
    assert str(raised.value).startswith("--push me/proguard: ")
    assert "\n" not in str(raised.value)
    assert hub.pull_requests == []


@pytest.mark.slow
def test_command_line_pushes_what_it_checked(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    guard = write_guard(tmp_path / "guards" / "proguard")
    arguments = ["--guard", guard, "--pipeline", write_pipeline(tmp_path), "--push", "me/proguard"]
    with serve_write_hub() as hub:
        main(["release", *map(str, arguments)])
    assert f"{hub.endpoint}/me/proguard/discussions/1: opened" in capsys.readouterr().out
    (files,) = hub.pull_requests
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "release").iterdir()}
