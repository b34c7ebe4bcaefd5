"""A fold is run once, goes on after a failure, and follows the commit."""

import pytest

from proguard.rotate.folds import Rotation, run_fold

COMMIT, LATER = "c" * 40, "d" * 40


class Machine:
    """Stands for git and dvc: remembers what was asked, and fails where it is told to."""

    def __init__(self, fails_at=()):
        self.commands, self.heads, self.fails_at = [], {}, set(fails_at)

    def __call__(self, command, folder):
        self.commands.append((*command[:2], folder.name))
        if " ".join(command[:2]) in self.fails_at:
            raise OSError("killed")
        match command:
            case ["git", "clone", *_, target]:
                (folder.__class__(target)).mkdir(parents=True)
                return ""
            case ["git", "rev-parse", _]:
                return self.heads.get(folder.name, COMMIT) + "\n"
            case ["git", "checkout", *_, commit]:
                self.heads[folder.name] = commit
            case ["dvc", "cache", _]:
                return ".dvc/cache\n"
        return ""

    def verbs(self):
        return [f"{program} {verb}" for program, verb, _ in self.commands]


def rotation(tmp_path, commit=COMMIT, overrides=()):
    return Rotation(tmp_path, tmp_path / ".work/rotation", commit, overrides)


def test_fold_is_cloned_run_and_marked(tmp_path):
    machine, whole = Machine(), rotation(tmp_path)
    run_fold(whole, 3, machine)
    assert machine.verbs() == ["git clone", "git rev-parse", "dvc cache", "dvc config", "dvc exp"]
    assert whole.is_finished(3)
    assert not whole.is_finished(2)


def test_finished_fold_runs_nothing(tmp_path):
    run_fold(rotation(tmp_path), 0, Machine())
    machine = Machine()
    run_fold(rotation(tmp_path), 0, machine)
    assert machine.commands == []


@pytest.mark.parametrize("step", ["git clone", "git rev-parse", "dvc config", "dvc exp"])
def test_fold_that_was_killed_is_not_finished_and_goes_on_in_its_folder(tmp_path, step):
    whole = rotation(tmp_path)
    with pytest.raises(OSError, match="killed"):
        run_fold(whole, 1, Machine([step]))
    assert not whole.is_finished(1)
    machine = Machine()
    run_fold(whole, 1, machine)
    assert ("git clone" in machine.verbs()) == (step == "git clone")
    assert "git checkout" not in machine.verbs()
    assert whole.is_finished(1)


def test_half_a_clone_is_replaced(tmp_path):
    half = tmp_path / ".work/rotation/.fold0.tmp"
    half.mkdir(parents=True)
    (half / "half").touch()
    run_fold(rotation(tmp_path), 0, Machine())
    assert not half.exists()
    assert not (tmp_path / ".work/rotation/fold0/half").exists()


def test_later_commit_is_checked_out_and_run_again(tmp_path):
    run_fold(rotation(tmp_path), 0, Machine())
    later, machine = rotation(tmp_path, LATER), Machine()
    assert not later.is_finished(0)
    run_fold(later, 0, machine)
    assert machine.verbs() == ["git rev-parse", "git fetch", "git checkout", "dvc cache", "dvc config", "dvc exp"]
    assert machine.heads["fold0"] == LATER


def test_other_overrides_are_another_run(tmp_path):
    run_fold(rotation(tmp_path), 0, Machine())
    assert not rotation(tmp_path, overrides=("rl_train.steps=2",)).is_finished(0)


def test_command_sets_the_fold_and_names_the_experiment(tmp_path):
    plain = rotation(tmp_path).command(2)
    assert plain == ["dvc", "exp", "run", "--name", "rotation-fold-2", "--set-param", "ood_split.fold=2", "evaluate"]
    changed = rotation(tmp_path, overrides=("rl_train.steps=2",)).command(2)
    assert changed[4].startswith("rotation-fold-2-")
    assert changed[5:] == ["--set-param", "ood_split.fold=2", "--set-param", "rl_train.steps=2", "evaluate"]
