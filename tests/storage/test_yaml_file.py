"""YAML as people write it: read as it is written, or refused by file and line."""

import pytest

from proguard.storage.yaml_file import read_yaml

BOMB = "\n".join(["- &x0 [a]", *(f"- &x{i + 1} [{', '.join([f'*x{i}'] * 9)}]" for i in range(9))])


def read(text, folder):
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a: b", {"a": "b"}),
        ("\ufeffa: b", {"a": "b"}),
        ("a: [b, 'No', \"12\", !!str null]", {"a": ["b", "No", "12", "null"]}),
        ("'No': x\nno way: y", {"No": "x", "no way": "y"}),
        ("- |\n  12\n- é", ["12\n", "é"]),
        ("a: {b: {c: d}}", {"a": {"b": {"c": "d"}}}),
        ("a: ''", {"a": ""}),
        ("a: &x [b]\nc: *x", {"a": ["b"], "c": ["b"]}),
        ("# nothing", None),
    ],
)
def test_read_yaml_takes_texts_lists_and_maps_as_they_are(text, content, tmp_path):
    assert read(text, tmp_path) == content


@pytest.mark.parametrize("word", ["No", "Off", "Yes", "on", "TRUE", "false"])
@pytest.mark.parametrize("form", ["a: b\n{}: c", "a: b\nc: {}", "- a\n- {}", "- a\n- [[{}]]", "a: b\nc: {{d: {}}}"])
def test_read_yaml_refuses_a_word_that_yaml_takes_for_a_truth_value(word, form, tmp_path):
    with pytest.raises(
        ValueError, match=rf'a\.yaml: line 2: YAML reads {word} as a truth value .*; quote it: "{word}"'
    ):
        read(form.format(word), tmp_path)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("~", "nothing"),
        ("null", "nothing"),
        ("NULL", "nothing"),
        ("12", "a number"),
        ("1.10", "a number"),
        ("0x1F", "a number"),
        ("1_000", "a number"),
        ("12:30", "a number"),
        (".nan", "a number"),
        ("2024-01-02", "a date"),
        ("=", "a default value"),
    ],
)
def test_read_yaml_refuses_what_yaml_takes_for_another_kind(word, kind, tmp_path):
    with pytest.raises(ValueError, match=f"line 1: YAML reads .* as {kind} and not as a text; quote it:"):
        read(f"a: {word}", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\nc: d\na: e", "line 3: key 'a' is given twice, first in line 1; keep one"),
        ("a:\n  - {b: c,\n     b: d}", "line 3: key 'b' is given twice, first in line 2"),
        ("a: b\n'a': c", "line 2: key 'a' is given twice"),
        ("a:", "line 1: a value is missing; write a text"),
        ("- a\n-", "line 2: a value is missing"),
        ("<<: {a: b}", "line 1: YAML reads << as a merge of maps"),
        ("? [a]\n: b", "line 1: expected a text as key, found a list or a map"),
        ("&x [*x]", "its aliases hold more, or themselves"),
        ("a: &x {b: *x}", "its aliases hold more, or themselves"),
        (BOMB, "expected 100,000 values or fewer; its aliases hold more"),
        ("a: !thing b", "line 1: tag '!thing' is not known here"),
        ("a: !!binary aGk=", "line 1: tag 'binary' is not known here"),
        ("a: b\n---\nc: d", "expected YAML in UTF-8: line 2: but found another document"),
        ("- [", "expected YAML in UTF-8: line 1: expected the node content"),
        ("a: b: c", "expected YAML in UTF-8: line 1: mapping values are not allowed here"),
        ("\0", "expected YAML in UTF-8: unacceptable character"),
        ("[" * 5000, "expected YAML: it is nested too deeply"),
    ],
)
def test_read_yaml_names_file_line_and_fault(text, message, tmp_path):
    with pytest.raises(ValueError) as error:
        read(text, tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'a.yaml'}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_read_yaml_names_every_fault_up_to_ten(tmp_path):
    with pytest.raises(ValueError, match="line 1: .*line 2: .*line 10: .*and 20 more$"):
        read("\n".join(f"- {i}" for i in range(30)), tmp_path)


def test_read_yaml_of_other_bytes_names_the_file(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"a\.yaml: expected YAML in UTF-8: 'utf-8' codec can't decode"):
        read_yaml(tmp_path / "a.yaml")


def test_read_yaml_of_no_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_yaml(tmp_path / "a.yaml")
