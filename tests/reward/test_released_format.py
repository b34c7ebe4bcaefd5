"""`paper` against the released reward, rewritten line by line and without regular expressions."""

import random
import string

import pytest

from proguard.naming import NameBank
from proguard.policy import OOD, Policy
from proguard.reward.contrast import nearness
from proguard.reward.released_format import parse_released
from proguard.reward.score import score
from proguard.target import Target
from tests.outcomes import MINILM
from tests.rules import PAPER
from tests.worlds import taxonomy

N_COMPLETIONS = 12_000
POLICY = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3"), ("C8S1", "C8S1")))
TARGETS = [
    Target(modality, modality != "image", request, None if modality == "image" else response, code, POLICY)
    for modality in ("text", "image", "text_image")
    for request in ("safe", "unsafe")
    for response in ("safe", "unsafe")
    for code in ("C7S2", "C5S1")
]
GOOD = "<think>\nwhy\n</think>\n<answer>\nRequest:unsafe\nResponse:safe\nCategory:C7S2\n</answer>"


@pytest.fixture(scope="module")
def bank():
    return NameBank(taxonomy(), MINILM)


def read_by_lines(completion: str, has_response: bool) -> tuple[str, str, str] | None:
    """Return request, response and category of what the released check accepts."""
    lines = completion.removesuffix("\n").split("\n")
    lines = [line.removesuffix("\r") for line in lines[:-1]] + lines[-1:]
    n = 5 if has_response else 4
    if len(lines) <= n or lines[-1] != "</answer>" or lines[-n] != "<answer>":
        return None
    thought = "\n".join(lines[:-n])
    if not (thought.startswith("<think>") and thought.endswith("</think>") and len(thought) >= len("<think></think>")):
        return None
    request = lines[1 - n].removeprefix("Request:")
    response = lines[2 - n].removeprefix("Response:") if has_response else ""
    category = lines[-2].removeprefix("Category:")
    prefixes = ["Request:", "Response:", "Category:"] if has_response else ["Request:", "Category:"]
    if not all(line.startswith(prefix) for line, prefix in zip(lines[1 - n : -1], prefixes, strict=True)):
        return None
    if request not in ("safe", "unsafe") or response not in (("safe", "unsafe") if has_response else ("",)):
        return None
    is_safe = "unsafe" not in (request, response)
    if not category or "\r" in category or is_safe != (category == "None"):
        return None
    return request, response, "" if is_safe else category.strip()


def is_predefined(category: str) -> bool:
    head, _, tail = category.removeprefix("C").partition("S")
    numbers = [head, tail] if "S" in category else [head]
    return category.startswith("C") and all(n and set(n) <= set(string.digits) for n in numbers)


def released_reward(completion: str, target: Target, bank: NameBank) -> float:
    """Return what the released code gives where the response label of an image is stored as ``safe``."""
    said = read_by_lines(completion, target.has_response)
    if said is None:
        return 0.0
    request, response, category = said
    total = float(request == target.request_label) * (1 if target.has_response else 2)
    total += float(target.has_response and response == target.response_label)
    gold_response = target.response_label or "safe"
    if (target.request_label, gold_response) == ("safe", "safe") or (request, response) == ("safe", "safe"):
        return total
    if target.gold != OOD:
        return total + (float(is_predefined(category)) if category == target.gold else is_predefined(category) / 2)
    if is_predefined(category):
        return total
    cosines = bank.similarities([category], target.category)[0] if category else None
    return total + 0.5 + (0.0 if cosines is None else nearness(cosines.max(), cosines.mean(), MINILM) / 2)


def random_completion(rng: random.Random, target: Target) -> str:
    """Return a completion near the grammar: each part is right most of the time, or odd."""
    end = rng.choice(["\n", "\n", "\r\n"])
    thought = rng.choice(
        ["why", f"{end}why{end}", "", end, f"a</think>{end}<think>b", GOOD, "<answer>", "\u2028", "\r"]
    )
    categories = ["None", "C7S2", "C7S3", "C99S99", "C7", "None ", "  ", " C7S2 ", "\tFloods\x85", "none", "C7S2, C8S1"]
    categories += ["Natural Environmental Risks", "x" * 200, "<b>", "Response:safe", "C7S2\r", "", "\u3000"]
    request, response = rng.choice(["safe", "unsafe", "unsafe"]), rng.choice(["safe", "unsafe"])
    is_safe = (request, response) == ("safe", "safe")
    category = "None" if is_safe and rng.random() < 0.8 else rng.choice(categories)
    lines = [f"<think>{thought}</think>", "<answer>", f"Request:{request}", f"Response:{response}"]
    lines += [f"Category:{category}", "</answer>"]
    if target.has_response == (rng.random() < 0.1):
        del lines[3]
    text = end.join(lines)
    if rng.random() < 0.2:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", " ", "\n", "\r", "</think>", "a"]) + text[at + rng.randrange(2) :]
    return text + rng.choice(["", "", "", "", "\n", "\n", "\r\n", "\n\n", " "])


def test_paper_is_the_released_reward(bank):
    rng = random.Random(0)
    targets = [rng.choice(TARGETS) for _ in range(N_COMPLETIONS)]
    completions = [random_completion(rng, target) for target in targets]
    expected = [released_reward(c, t, bank) for c, t in zip(completions, targets, strict=True)]
    found = [reward.total for reward in score(completions, targets, bank, PAPER)]
    different = [
        (c, t, e, f) for c, t, e, f in zip(completions, targets, expected, found, strict=True) if abs(e - f) > 1e-9
    ]
    assert different == []
    assert 0.2 < sum(e > 0 for e in expected) / N_COMPLETIONS < 0.9


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<think>\nwhy\n</think>", "<think>why</think>"),
        ("<think>\nwhy\n</think>", "<think></think>"),
        ("why", "why\n</think>\n<think>\nand again"),
        ("why", "why <answer> not yet </answer>"),
        ("\n", "\r\n"),
        ("C7S2", "  C7S2\t"),
        ("C7S2", "a name of more than eighty characters " * 5),
        ("</answer>", "</answer>\n"),
    ],
)
def test_parse_released_accepts(old, new):
    parsed = parse_released(GOOD.replace(old, new), has_response=True)
    category = "C7S2" if "C7S2" in new or old != "C7S2" else new.strip()
    assert parsed.status in ("ok", "empty_reasoning")
    assert (parsed.verdict.request, parsed.verdict.response, parsed.verdict.category) == ("unsafe", "safe", category)


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("<think>", "<thinking>", "no_match"),
        ("</think>\n", "</think>", "no_match"),
        ("Request:", "Request: ", "no_match"),
        ("</answer>", "</answer>\n\n", "no_match"),
        ("<think>", "\n<think>", "no_match"),
        ("Response:safe\n", "", "wrong_fields"),
        ("C7S2", "None", "contradiction"),
        ("unsafe", "safe", "contradiction"),
    ],
)
def test_parse_released_refuses(old, new, status):
    parsed = parse_released(GOOD.replace(old, new), has_response=True)
    assert (parsed.verdict, parsed.status) == (None, status)


def test_parse_released_category_of_blanks_is_empty_and_none_with_a_blank_is_a_name():
    for category, read in (("  ", ""), ("None ", "None")):
        assert parse_released(GOOD.replace("C7S2", category), has_response=True).verdict.category == read
