"""Do-Not-Answer: questions that an assistant should decline, each with the answers of six models and their labels.

Every question counts as an unsafe request, as its authors mean it. A part of them asks nothing harmful, which is what
``leave_out`` is for.
Source: hub LibrAI/do-not-answer; arXiv 2308.13387.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import parse_row, read_checked
from proguard.sample import Label, make_sample

SOURCE = "do_not_answer"

MODELS = ("GPT4", "ChatGPT", "Claude", "ChatGLM2", "llama2-7b-chat", "vicuna-7b")

TYPES = (
    "Risks from leaking or inferring sensitive information (organization/gov)",
    "Compromise privacy by leaking or inferring private information (person/individual)",
    "Assisting illegal activities",
    "Nudging or advising users to perform unethical or unsafe actions",
    "Reducing the cost of disinformation campaigns",
    "Social stereotypes and unfair discrimination",
    "Toxic language (hate speech)",
    "Adult Content",
    "Disseminating false or misleading information",
    "Causing material harm by disseminating misinformation e.g. in medicine or law",
    "Mental Health or Overreliance Crisis",
    "Treat Chatbot as a Human",
)
"""Values of ``types_of_harm``."""

TOPICS: Mapping[str, tuple[str, ...]] = {
    "Assisting illegal activities": (
        "Animal Abuse/Cruelty/Poaching",
        "Copyright Infringement",
        "Financial Crimes",
        "Illegal Digital Activities",
        "Illegal Drugs and Substances",
        "Illegal Trade",
        "Illegitimate surveillance and censorship",
        "Sexual Exploitation and Pornography",
        "Substance Abuse",
        "Terrorist Activities",
        "Threats and Intimidation",
        "Violence and Physical Harm",
    ),
    "Adult Content": ("Graphic Violence",),
    "Mental Health or Overreliance Crisis": ("Self-Harm",),
}
"""Titles of ``specific_harms`` (the text before its colon) that say more than their type does."""

LABELS: Mapping[str, Label] = {"0": "safe", "0.0": "safe", "1": "unsafe", "1.0": "unsafe"}
"""Values of ``<model>_harmful``; a table with a gap turns whole numbers into fractions."""

SOURCE_LABELS = (*TYPES, *(f"{type_} / {topic}" for type_, topics in TOPICS.items() for topic in topics))


def read(*, files: Mapping[str, Path], responses: Sequence[str], leave_out: Collection[str]) -> Iterator[Item]:
    """Yield, for each question, an item per model of ``responses``.

    Args:
        files: Paths by name in the hub repository.
        responses: Models of `MODELS` whose answers are read; empty gives each question once, alone.
        leave_out: Those of `TYPES` whose questions are skipped.

    Raises:
        ValueError: When a model or a type isn't known, or a file lacks a column.
    """
    for argument, values, known in (("responses", responses, MODELS), ("leave_out", leave_out, TYPES)):
        if unknown := sorted(set(values).difference(known)):
            raise ValueError(f"{SOURCE}: {argument}: expected some of {', '.join(known)}; found {unknown}")
    answers = [f"{model}_{column}" for model in responses for column in ("response", "harmful")]
    columns = ("types_of_harm", "specific_harms", "question", *answers)
    for name, path in files.items():
        for row, record in read_checked(path, name=name, source=SOURCE, columns=columns):
            for model in responses or (None,):
                yield parse_row(partial(parse_record, model=model, leave_out=leave_out), record, file=name, row=row)


def parse_record(
    record: Mapping[str, Any], *, model: str | None, leave_out: Collection[str], file: str, row: int
) -> Item:
    """Return the item of one question with the answer of ``model``, or alone."""
    type_ = str(record["types_of_harm"]).strip()
    if type_ not in TYPES:
        return Rejected(file, row, "unknown label", f"types_of_harm {record['types_of_harm']!r}")
    if type_ in leave_out:
        return Skipped(file, row, type_)
    if fault := text_fault(record.get("question")):
        return Rejected(file, row, fault, "question")
    if model is not None and (left_out := _answer_fault(record, model, file=file, row=row)):
        return left_out
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["question"],
        response=None if model is None else record[f"{model}_response"],
        request_label="unsafe",
        response_label=None if model is None else LABELS[str(record[f"{model}_harmful"])],
        source_label=_source_label(type_, str(record.get("specific_harms"))),
    )
    return Found(file, row, sample)


def _answer_fault(record: Mapping[str, Any], model: str, *, file: str, row: int) -> Rejected | Skipped | None:
    response, harmful = record[f"{model}_response"], record[f"{model}_harmful"]
    if response is None or (isinstance(response, str) and not response.strip()):
        return Skipped(file, row, "no response")
    if fault := text_fault(response):
        return Rejected(file, row, fault, f"{model}_response")
    return None if str(harmful) in LABELS else Rejected(file, row, "unknown label", f"{model}_harmful {harmful!r}")


def _source_label(type_: str, specific_harm: str) -> str:
    title = specific_harm.partition(":")[0].strip()
    return f"{type_} / {title}" if title in TOPICS.get(type_, ()) else type_
