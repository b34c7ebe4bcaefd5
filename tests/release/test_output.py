"""The output folder of a release, from the command line: held, and not taken from anything else."""

import pytest

from proguard.cli import main
from proguard.release.output import hold_output
from proguard.runtime.lock import exclusive

KINDS = {"model": [], "dataset": ["--dataset"]}
FILES = {"model": ("guard.json", "README.md", "taxonomy.yaml"), "dataset": ("README.md", "taxonomy.yaml")}


def fill(folder, names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    return folder


def fail(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(["release", *map(str, arguments)])
    said = capsys.readouterr().err
    assert (caught.value.code, said.count("\n")) == (2, 1)
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_release_into_a_folder_that_another_process_writes_is_refused(tmp_path, kind, capsys):
    output = fill(tmp_path / "out", FILES[kind])
    with exclusive(output):
        said = fail(capsys, "--output", tmp_path / "x" / ".." / "out", *KINDS[kind])
    assert "out: another process is working on it" in said
    assert {path.name for path in output.iterdir()} == set(FILES[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["notes.txt"], "something that is no release"),
        (["README.md", "taxonomy.yaml", ".git"], "something that is no release"),
        (["README.md", "taxonomy.yaml", ".git", "guard.json"], "something that is no release"),
        ([], "something that is no release"),
    ],
    ids=["folder", "clone", "clone of a guard", "file"],
)
def test_release_does_not_replace_what_is_no_release(tmp_path, kind, names, found, capsys):
    output = fill(tmp_path / "out", names) if names else tmp_path / "out"
    if not names:
        output.write_text("a")
    said = fail(capsys, "--output", output, *KINDS[kind])
    assert f"found {found}; it would be replaced" in said
    assert output.is_file() or {path.name for path in output.iterdir()} == set(names)


@pytest.mark.parametrize(("kind", "other"), [("model", "dataset"), ("dataset", "model")])
def test_release_does_not_replace_one_of_the_other_kind(tmp_path, kind, other, capsys):
    output = fill(tmp_path / "out", FILES[other])
    said = fail(capsys, "--output", output, *KINDS[kind])
    assert f"found a release of {'the data set' if other == 'dataset' else 'a guard'};" in said


@pytest.mark.parametrize("kind", KINDS)
def test_release_replaces_an_empty_folder_and_an_earlier_release(tmp_path, kind):
    for names in ((), FILES[kind]):
        with hold_output(fill(tmp_path / "out", names), kind):
            pass
    with hold_output(tmp_path / "new", kind):
        pass
