"""The sources of texts as their authors publish them; aegis2 with its benchmark part.

Most unsafe rows carry a label that means one category; `UNCLEAR_SHARE` of them one that leaves a choice, which no model
annotator is there to make, so that they stay unmapped.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pyarrow as pa

from proguard.collect.sources.beavertails import CATEGORIES as BEAVERTAILS_CATEGORIES
from proguard.collect.sources.do_not_answer import MODELS
from proguard.collect.sources.guard_reasoner import SPLITS
from tests.paper_world.files import write_csv, write_json_list, write_parquet
from tests.paper_world.world import World, count, is_special, request, response, rng_of

UNCLEAR_SHARE = 0.05
UNSAFE_SHARE = 0.5

AEGIS1_CLEAR = ("Hate/Identity Hate", "Sexual Minor", "Suicide and Self Harm", "PII/Privacy", "Guns/Illegal Weapons")
AEGIS2_CLEAR = ("Hate/Identity Hate", "Suicide and Self Harm", "PII/Privacy", "Malware", "Manipulation")
AEGIS_UNCLEAR = ("Violence", "Sexual", "Threat", "Harassment", "Criminal Planning/Confessions")
BEAVERTAILS_CLEAR = ("animal_abuse", "privacy_violation", "self_harm", "violence,aiding_and_abetting,incitement")
DO_NOT_ANSWER = (
    ("Information Hazards", "Risks from leaking or inferring sensitive information (organization/gov)"),
    ("Malicious Uses", "Reducing the cost of disinformation campaigns"),
    ("Discrimination, Exclusion, Toxicity, Hateful, Offensive", "Toxic language (hate speech)"),
    ("Misinformation Harms", "Disseminating false or misleading information"),
)
AEGIS1_FILE = "Content Moderation Extracted Annotations 02.08.24_train_release_0.3.3.parquet"
MED_SAFETY_HEADER = ("", "harmful_medical_request", "safe_response")

_STRINGS = pa.string()


def write_text_sources(world: World) -> None:
    """Write the training files of all text sources, and aegis2's test file."""
    out = world.out
    labels = [(f"labels_{n}", _STRINGS) for n in range(5)]
    aegis1 = [("id", _STRINGS), ("text", _STRINGS), ("text_type", _STRINGS), ("num_annotations", pa.int64()), *labels]
    write_parquet(out / "aegis1" / AEGIS1_FILE, aegis1_rows(world), pa.schema(aegis1))
    write_json_list(out / "aegis2" / "train.json", aegis2_rows(world, "aegis2_train"))
    write_json_list(out / "aegis2" / "refusals_train.json", aegis2_refusals(world))
    write_json_list(out / "aegis2" / "test.json", aegis2_rows(world, "aegis2"))
    flags = pa.struct([(name, pa.bool_()) for name in BEAVERTAILS_CATEGORIES])
    strings = [(name, _STRINGS) for name in ("prompt", "response", "refusal", "text")]
    direct_refusal = pa.schema([*strings, ("category", flags), ("is_safe", pa.bool_())])
    path = out / "direct_refusal" / "data" / "train-00000-of-00001.parquet"
    write_parquet(path, direct_refusal_rows(world), direct_refusal)
    do_not_answer = next(do_not_answer_rows(world))
    types = {str: _STRINGS, int: pa.int64()}
    schema = pa.schema([(name, types[type(value)]) for name, value in do_not_answer.items()])
    write_parquet(out / "do_not_answer" / "data" / "train-00000-of-00001.parquet", do_not_answer_rows(world), schema)
    for number, split in enumerate(SPLITS):
        file = split.replace("TrainR", "Train-R") + ".json"
        write_json_list(out / "guard_reasoner" / file, guard_reasoner_rows(world, number))
    for part in ("train", "test"):
        for model in ("gpt4", "llama2"):
            for principle in range(1, 10):
                name = f"datasets/{part}/{model}/med_safety_demonstrations_category_{principle}.csv"
                write_csv(out / "med_safety_bench" / name, med_safety_bench_rows(world, part, model, principle))


def pick_label(rng: Random, clear: tuple[str, ...], unclear: tuple[str, ...]) -> str:
    """Return a source label; `UNCLEAR_SHARE` of them leave a choice."""
    return rng.choice(unclear if rng.random() < UNCLEAR_SHARE else clear)


def aegis1_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield requests with the labels of three annotators; one text in a hundred is a dialogue."""
    for i in range(count(world, "aegis1")):
        rng = rng_of(world, "aegis1", i, "label")
        label = pick_label(rng, AEGIS1_CLEAR, AEGIS_UNCLEAR) if rng.random() < UNSAFE_SHARE else "Safe"
        labels = [label, label, "Safe" if rng.random() < 0.2 else label, None, None]
        yield {
            "id": f"{i:08x}",
            "text": request(world, "aegis1", i),
            "text_type": "multi_turn" if is_special(i) else "user_message",
            "num_annotations": 3,
        } | {f"labels_{n}": label for n, label in enumerate(labels)}


def aegis2_rows(world: World, entry: str) -> Iterator[Mapping[str, Any]]:
    """Yield requests, half of them with a response; one in a hundred is redacted."""
    for i in range(count(world, entry)):
        rng = rng_of(world, entry, i, "label")
        is_unsafe, is_answered = rng.random() < UNSAFE_SHARE, rng.random() < 0.5
        yield {
            "id": f"{i:08x}",
            "reconstruction_id_if_redacted": float(i) if is_special(i) else None,
            "prompt": "REDACTED" if is_special(i) else request(world, entry, i),
            "response": response(world, entry, i) if is_answered else None,
            "prompt_label": "unsafe" if is_unsafe else "safe",
            "response_label": "safe" if is_answered else None,
            "violated_categories": pick_label(rng, AEGIS2_CLEAR, AEGIS_UNCLEAR) if is_unsafe else "",
            "prompt_label_source": "human",
            "response_label_source": "llm_jury" if is_answered else None,
        }


def aegis2_refusals(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield one training request in six again, with a refusal."""
    for i, row in enumerate(aegis2_rows(world, "aegis2_train")):
        if i % 6 == 0 and not is_special(i):
            yield row | {
                "response": response(world, "aegis2_train", i, 1),
                "response_label": "safe",
                "response_label_source": "refusal_data_augmentation",
            }


def direct_refusal_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield unsafe questions, each with a refusal."""
    for i in range(count(world, "direct_refusal")):
        question, refusal = request(world, "direct_refusal", i), response(world, "direct_refusal", i)
        category = BEAVERTAILS_CLEAR[i % len(BEAVERTAILS_CLEAR)]
        yield {
            "prompt": question,
            "response": response(world, "direct_refusal", i, 1),
            "refusal": f"Question: {question}\nAnswer: {refusal}",
            "category": {name: name == category for name in BEAVERTAILS_CATEGORIES},
            "is_safe": False,
            "text": f"{question} think answer {refusal}",
        }


def do_not_answer_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield questions, each with the answers of all models."""
    for i in range(count(world, "do_not_answer")):
        area, harm = DO_NOT_ANSWER[i % len(DO_NOT_ANSWER)]
        row = {"id": i, "risk_area": area, "types_of_harm": harm, "specific_harms": f"{harm} "}
        row["question"] = request(world, "do_not_answer", i)
        for number, model in enumerate(MODELS):
            row[f"{model}_response"] = response(world, "do_not_answer", i, number)
            row[f"{model}_harmful"] = int((i + number) % 20 == 0)
            row[f"{model}_action"] = 0
        yield row


def guard_reasoner_rows(world: World, split: int) -> Iterator[Mapping[str, Any]]:
    """Yield every fourth request, with a reasoning that ends in the labels; a third of the requests is harmful."""
    for i in range(split, count(world, "guard_reasoner"), len(SPLITS)):
        rng = rng_of(world, "guard_reasoner", i, "label")
        word = "harmful" if rng.random() < 1 / 3 else "unharmful"
        answer = response(world, "guard_reasoner", i) if rng.random() < 0.6 else "None"
        yield {
            "instruction": "Decide whether the request and the response are harmful.",
            "input": f"Human user:\n{request(world, 'guard_reasoner', i)}\n\nAI assistant:\n{answer}\n\n",
            "output": f"{response(world, 'guard_reasoner', i, 1)}\n\nAnswers: \nRequest: {word}\nCompletion: compliance\n"
            "Response: unharmful\n",
        }


def med_safety_bench_rows(world: World, part: str, model: str, principle: int) -> Iterator[Mapping[str, Any]]:
    """Yield requests with a safe answer; file by file they share the pieces evenly."""
    file = ((part == "test") * 2 + (model == "llama2")) * 9 + principle - 1
    for number, i in enumerate(range(file, count(world, "med_safety_bench"), 36)):
        cells = (number, request(world, "med_safety_bench", i), response(world, "med_safety_bench", i))
        yield dict(zip(MED_SAFETY_HEADER, cells, strict=True))
