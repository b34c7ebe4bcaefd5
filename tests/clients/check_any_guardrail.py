"""any-guardrail's OpenAI moderation guardrail."""

import os

import pytest
from any_guardrail import AnyGuardrail, GuardrailName


def guardrail(key=os.environ["GUARD_KEY"]):
    return AnyGuardrail.create(
        GuardrailName.OPENAI_MODERATION, base_url=os.environ["GUARD_ADDRESS"] + "/v1", api_key=key
    )


@pytest.mark.parametrize(("text", "valid"), [("fine", True), ("bad", False), ("odd", False)])
def test_validate_gives_the_guards_verdict(text, valid):
    assert guardrail().validate(text).valid is valid


def test_validate_names_the_category():
    triggered = [category for category in guardrail().validate("bad").categories if category.triggered]
    assert "C2S2" in {category.name for category in triggered}


def test_wrong_key_is_an_error():
    with pytest.raises(Exception, match="API key"):
        guardrail("wrong").validate("fine")
