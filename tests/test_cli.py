"""Bad arguments of each subcommand: one clear line and exit code 2, before anything is loaded."""

import importlib

import pytest

from proguard.cli import COMMANDS, main

BAD = [
    ("moderate --nosuch", "unrecognized arguments: --nosuch"),
    ("moderate", "nothing to judge"),
    ("moderate --request x --guard nowhere", "nowhere: no guard.json"),
    ("moderate --request x --threads 0", "--threads: expected 1 or more, found 0"),
    ("moderate --request x --threads two", "invalid int value: 'two'"),
    ("moderate --request x --batch-size -1", "--batch-size: expected 1 or more, found -1"),
    ("moderate --request x --device gpu", "--device: expected auto, cpu, cuda or cuda:<number>, found 'gpu'"),
    ("moderate --request x --dtype float16", "invalid choice: 'float16'"),
    ("moderate --request x --engine sglang", "invalid choice: 'sglang'"),
    ("moderate --request x --engine endpoint", "give both or neither"),
    ("moderate --request x --endpoint http://h/v1", "give both or neither"),
    ("moderate --request x --engine endpoint --endpoint h:80", "--endpoint: expected an address such as http://"),
    ("moderate --request x --endpoint-key PROGUARD_NO_SUCH", "the environment has no variable PROGUARD_NO_SUCH"),
    ("moderate --input nowhere.jsonl --output o", "--input nowhere.jsonl: no such file or folder"),
    ("moderate --input x.jsonl", "give --output"),
    ("moderate --output o --request x", "--output: give --input"),
    ("moderate --input docs --output tests", "--output tests"),
    ("serve --port 99999", "--port: expected a number from 0 to 65535, found 99999"),
    ("serve --port -1", "--port: expected a number from 0 to 65535, found -1"),
    ("serve --port http", "invalid int value: 'http'"),
    ("serve --queue-seconds nan", "--queue-seconds: expected a number above 0, found nan"),
    ("serve --queue-seconds 0", "--queue-seconds: expected a number above 0, found 0.0"),
    ("serve --policies nowhere", "--policies nowhere: no such folder"),
    ("serve --keys nowhere", "--keys nowhere"),
    ("serve --name=", "--name: expected a name"),
    ("serve --guard nowhere", "nowhere: no guard.json"),
    ("release --pipeline nowhere", "no nowhere/params.yaml here"),
    ("plan foo", "override 'foo': expected <key>=<value>"),
    ("plan profile=nosuch", "Available options in 'profile': mini open paper published"),
    ("guards nosuch", "no guard 'nosuch' in conf/guard"),
    ("guards --conf nowhere", "no folder nowhere"),
    ("compare", "the following arguments are required: first, second"),
    ("compare a b", "no guard 'a'"),
    ("compare base proguard --sets nosuch", "no test set 'nosuch'"),
    ("discover --outcomes nowhere", "nowhere: no such file"),
    ("discover --policy nowhere", "policy nowhere: "),
    ("rotate foo", "override 'foo': expected <key>=<value>"),
    ("rotate --folds 9", "--folds: expected 0 to 4, ood_split.n_folds is 5; found 9"),
    ("rotate nosuch=1", "Could not override 'nosuch'"),
    ("lab foo", "override 'foo': expected <key>=<value>"),
    ("lab --calibrate similarity=nosuch", "Available options in 'similarity'"),
    ("params foo", "override 'foo': expected <key>=<value>"),
    ("params nosuch=1", "Could not override 'nosuch'"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_bad_argument_is_one_line_and_exit_2(line, message, capsys, monkeypatch):
    monkeypatch.delenv("PROGUARD_API_KEYS", raising=False)
    with pytest.raises(SystemExit) as exit_:
        main(line.split(" "))
    said = capsys.readouterr().err
    told = [text for text in said.splitlines() if not text.startswith(("usage:", "  "))]
    assert exit_.value.code == 2
    assert len(told) == 1
    assert message in told[0]


@pytest.mark.parametrize("command", ["plan", "params", "lab"])
def test_settings_out_of_range_are_named(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([command, "reward_lab.max_rows=0", "reward.bonus=2"])
    said = capsys.readouterr().err
    assert exit_.value.code == 2
    assert "reward_lab.max_rows: expected a whole number of at least 1, found 0" in said
    assert "reward.bonus: expected a number in [0, 1], found 2" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (RuntimeError("out: another process is working on it\nand more"), 2, "out: another process is working on it"),
        (OSError("no space left"), 2, "no space left"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=["RuntimeError", "OSError", "KeyboardInterrupt"],
)
def test_failure_of_a_subcommand_is_one_line(command, error, code, line, capsys, monkeypatch):
    def fail(options):
        raise error

    monkeypatch.setattr(importlib.import_module(COMMANDS[command]), "run", fail)
    with pytest.raises(SystemExit) as exit_:
        main([command, *(["base", "proguard"] if command == "compare" else [])])
    assert (exit_.value.code, capsys.readouterr().err) == (code, f"proguard {command}: {line}\n")


def test_every_subcommand_has_a_bad_argument():
    assert {line.split(" ")[0] for line, _ in BAD} == set(COMMANDS)
