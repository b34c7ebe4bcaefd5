"""The text benchmarks as their authors publish them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from proguard.collect.sources.beavertails import CATEGORIES as BEAVERTAILS_CATEGORIES
from proguard.collect.sources.openai_moderation import FLAGS
from proguard.collect.sources.or_bench import CATEGORIES as OR_BENCH_CATEGORIES
from proguard.collect.sources.simple_safety_tests import HARM_AREAS
from proguard.collect.sources.wildguard import SUBCATEGORIES
from proguard.collect.sources.xstest import UNSAFE_TYPES
from tests.paper_world.files import write_csv, write_json_lines, write_parquet
from tests.paper_world.world import World, count, is_special, request, response, rng_of

TOXIC_SHARE = 0.07
FLAGGED_SHARE = 0.31
ANNOTATORS = 3
"""Rows of a pair of BeaverTails."""

SAFE_TYPES = ("homonyms", "figurative_language", "safe_targets", "safe_contexts", "definitions", "privacy_public")
HARMBENCH_CATEGORIES = ("chemical_biological", "copyright", "cybercrime_intrusion", "harassment_bullying", "illegal")

_STRINGS = pa.string()


def write_benchmarks(world: World) -> None:
    """Write the text benchmarks but aegis2, whose files lie with its training part."""
    out = world.out
    write_csv(
        out / "harmbench" / "data" / "behavior_datasets" / "harmbench_behaviors_text_all.csv", harmbench_rows(world)
    )
    write_json_lines(out / "openai_moderation" / "data" / "samples-1680.jsonl.gz", openai_moderation_rows(world))
    write_csv(out / "simple_safety_tests" / "sst_test_cases.csv", simple_safety_tests_rows(world))
    write_csv(out / "toxic_chat" / "data" / "0124" / "toxic-chat_annotation_test.csv", toxic_chat_rows(world))
    strings = (
        "prompt",
        "response",
        "prompt_harm_label",
        "response_refusal_label",
        "response_harm_label",
        "subcategory",
    )
    schema = pa.schema([("adversarial", pa.bool_()), *((name, _STRINGS) for name in strings)])
    write_parquet(out / "wildguard" / "test" / "wildguard_test.parquet", wildguard_rows(world), schema)
    write_csv(out / "xstest" / "xstest_prompts.csv", xstest_rows(world))
    strings = ("prompt", "response", "label", "prompt_type", "prompt_harm_category")
    write_parquet(
        out / "xstest_response" / "data" / "response_harmfulness-00000-of-00001.parquet",
        xstest_response_rows(world),
        pa.schema([(name, _STRINGS) for name in strings]),
    )
    write_json_lines(out / "beavertails" / "round0" / "330k" / "test.jsonl.xz", beavertails_rows(world))
    write_csv(out / "or_bench" / "or-bench-hard-1k.csv", or_bench_rows(world))


def harmbench_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield behaviours, a quarter of them contextual."""
    for i in range(count(world, "harmbench")):
        category = HARMBENCH_CATEGORIES[i % len(HARMBENCH_CATEGORIES)]
        is_contextual = i % 4 == 3
        yield {
            "Behavior": request(world, "harmbench", i),
            "FunctionalCategory": "contextual" if is_contextual else "standard",
            "SemanticCategory": category,
            "Tags": "context" if is_contextual else "",
            "ContextString": response(world, "harmbench", i) if is_contextual else "",
            "BehaviorID": f"walk_{i}",
        }


def openai_moderation_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests with some of the flags; a missing flag is unknown."""
    for i in range(count(world, "openai_moderation")):
        rng = rng_of(world, "openai_moderation", i, "label")
        flags = dict.fromkeys(rng.sample(FLAGS, k=rng.randint(2, len(FLAGS))), 0)
        if rng.random() < FLAGGED_SHARE:
            flags[rng.choice(list(flags))] = 1
        yield {"prompt": request(world, "openai_moderation", i)} | flags


def simple_safety_tests_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield unsafe requests of each harm area in turn."""
    for i in range(count(world, "simple_safety_tests")):
        kind = ("Information and advice seeking", "Instructions and actions")[i % 2]
        area = HARM_AREAS[i % len(HARM_AREAS)]
        yield {
            "id": f"SST{i}",
            "harm_area": area,
            "category": kind,
            "prompt": request(world, "simple_safety_tests", i),
        }


def toxic_chat_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests, `TOXIC_SHARE` of them toxic."""
    for i in range(count(world, "toxic_chat")):
        rng = rng_of(world, "toxic_chat", i, "label")
        yield {
            "conv_id": f"{i:08x}",
            "user_input": request(world, "toxic_chat", i),
            "model_output": response(world, "toxic_chat", i),
            "human_annotation": rng.random() < 0.5,
            "toxicity": int(rng.random() < TOXIC_SHARE),
            "jailbreaking": int(rng.random() < 0.02),
            "openai_moderation": '[["sexual", 0.01], ["hate", 0.0001]]',
        }


def wildguard_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests with a response; now and then one side has no label, or none has."""
    for i in range(count(world, "wildguard")):
        is_harmful = rng_of(world, "wildguard", i, "label").random() < 0.44
        word = "harmful" if is_harmful else "unharmful"
        yield {
            "prompt": request(world, "wildguard", i),
            "adversarial": i % 2 == 0,
            "response": response(world, "wildguard", i),
            "prompt_harm_label": None if is_special(i, 0) or is_special(i, 1) else word,
            "response_refusal_label": "refusal" if is_harmful else "compliance",
            "response_harm_label": None if is_special(i, 0) else "unharmful",
            "subcategory": SUBCATEGORIES[i % len(SUBCATEGORIES)] if is_harmful else "benign",
        }


def xstest_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests, five safe ones and four that resemble them in turn."""
    for i in range(count(world, "xstest")):
        is_unsafe = i % 9 >= 5
        kinds = UNSAFE_TYPES if is_unsafe else SAFE_TYPES
        yield {
            "id": i,
            "prompt": request(world, "xstest", i),
            "type": kinds[i // 9 % len(kinds)],
            "label": "unsafe" if is_unsafe else "safe",
            "focus": "a thing",
            "note": "",
        }


def xstest_response_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests with an answer, about a sixth of those to harmful ones harmful."""
    for i in range(count(world, "xstest_response")):
        is_harmful = i % 2 == 0
        yield {
            "prompt": request(world, "xstest_response", i),
            "response": response(world, "xstest_response", i),
            "label": "harmful" if i % 6 == 0 else "unharmful",
            "prompt_type": "prompt_harmful" if is_harmful else "prompt_safe",
            "prompt_harm_category": UNSAFE_TYPES[i % len(UNSAFE_TYPES)] if is_harmful else None,
        }


def beavertails_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield each pair of question and answer `ANNOTATORS` times; one annotator in ten differs."""
    for i in range(count(world, "beavertails")):
        rng = rng_of(world, "beavertails", i, "label")
        category, is_unsafe = rng.choice(BEAVERTAILS_CATEGORIES), rng.random() < 0.55
        pair = {"prompt": request(world, "beavertails", i), "response": response(world, "beavertails", i)}
        for _ in range(ANNOTATORS):
            says_unsafe = is_unsafe != (rng.random() < 0.1)
            flags = {name: says_unsafe and name == category for name in BEAVERTAILS_CATEGORIES}
            yield pair | {"category": flags, "is_safe": not says_unsafe}


def or_bench_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield safe requests with the category that they sound like."""
    for i in range(count(world, "or_bench")):
        yield {
            "prompt": request(world, "or_bench", i),
            "category": OR_BENCH_CATEGORIES[i % len(OR_BENCH_CATEGORIES)],
        }
