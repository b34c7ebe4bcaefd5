"""NeMo Guardrails' two rails that ask a server: content safety and the classifier."""

import os

import pytest
from nemoguardrails import LLMRails, RailsConfig

ADDRESS, KEY = os.environ["GUARD_ADDRESS"], os.environ["GUARD_KEY"]
OPEN_ADDRESS = os.environ["GUARD_OPEN_ADDRESS"]
"""The classifier rail sends a key over https only."""

os.environ.setdefault("OPENAI_API_KEY", KEY)

CONTENT_SAFETY = f"""
models:
  - {{type: main, engine: openai, model: any, parameters: {{base_url: "{ADDRESS}/v1"}}}}
  - {{type: content_safety, engine: openai, model: proguard, parameters: {{base_url: "{ADDRESS}/v1"}}}}
rails:
  input:
    flows: ["content safety check input $model=content_safety"]
  output:
    flows: ["content safety check output $model=content_safety"]
prompts:
  - task: content_safety_check_input $model=content_safety
    messages:
      - {{type: user, content: "{{{{ user_input }}}}"}}
    output_parser: nemoguard_parse_prompt_safety
  - task: content_safety_check_output $model=content_safety
    messages:
      - {{type: user, content: "{{{{ user_input }}}}"}}
      - {{type: assistant, content: "{{{{ bot_response }}}}"}}
    output_parser: nemoguard_parse_response_safety
"""

CLASSIFIER = f"""
models: []
rails:
  config:
    hf_classifier:
      guard:
        engine: vllm
        model: proguard
        base_url: "{OPEN_ADDRESS}"
        blocked_labels: [unsafe]
        threshold: 0.5
  input:
    flows: ["hf classifier check input $classifier=guard"]
"""


def rails(config):
    return LLMRails(RailsConfig.from_content(yaml_content=config))


def check(config, user, answer=None):
    messages = [{"role": "user", "content": user}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    options = {"rails": ["input"] if answer is None else ["output"], "log": {"activated_rails": True}}
    return rails(config).generate(messages=messages, options=options)


def is_blocked(result):
    return any(rail.stop for rail in result.log.activated_rails)


@pytest.mark.parametrize(("user", "blocked"), [("fine", False), ("something bad", True), ("odd", True)])
def test_content_safety_rail_judges_input(user, blocked):
    assert is_blocked(check(CONTENT_SAFETY, user)) is blocked


@pytest.mark.parametrize(("answer", "blocked"), [("fine", False), ("something bad", True), ("odd", True)])
def test_content_safety_rail_judges_output(answer, blocked):
    assert is_blocked(check(CONTENT_SAFETY, "fine", answer)) is blocked


@pytest.mark.parametrize(("user", "blocked"), [("fine", False), ("something bad", True), ("odd", True)])
def test_classifier_rail_judges_input(user, blocked):
    assert is_blocked(check(CLASSIFIER, user)) is blocked
