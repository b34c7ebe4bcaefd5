import pytest

from proguard.strict_json import parse_json


def test_parse_json_of_different_keys_is_what_it_holds():
    assert parse_json(b'{"a": [{"b": null}], "c": 1}') == {"a": [{"b": None}], "c": 1}


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]', '{"a": 1, "\\u0061": 2}'])
def test_parse_json_of_a_key_twice_names_it(text):
    with pytest.raises(ValueError, match="key 'a' is given twice"):
        parse_json(text)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", b"\xff"])
def test_parse_json_of_other_text_raises_value_error(text):
    with pytest.raises(ValueError):
        parse_json(text)
