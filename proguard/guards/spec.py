"""The file guard.json of a guard that is not ours: how it is asked, and where its answers come from.

The stage guards writes it from ``conf/guard/<name>.yaml``. One of our own guards has a card (`proguard.card`) in a file
of that name; only this one has the key ``family``.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from proguard.card import CARD_FILE, STRICT, read_card_json
from proguard.inference.engine import Dtype
from proguard.inference.server import Server
from proguard.readings.reading import Side
from proguard.sample import Modality, Sample
from proguard.storage.files import write_json

FamilyName = Literal["reasoner", "chat", "llama_guard", "keyed", "yes_no", "json_answer", "moderation"]
FAMILIES: tuple[FamilyName, ...] = get_args(FamilyName)


@dataclass(frozen=True, slots=True)
class Weights:
    """A model of the hub, or in a folder, that runs here."""

    __pydantic_config__ = STRICT

    model: str
    """Folder, or name on the hub."""

    revision: str | None = None
    """Commit on the hub; ``None`` for a folder."""

    dtype: Dtype = "bfloat16"
    """Number format of the weights."""

    engine: Literal["transformers", "vllm"] | None = None
    """The only engine that can run it; ``None`` leaves it to ``predict.engine``."""

    remote_code: bool = False
    """Whether the model brings code of its own, which then runs."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers that somebody recorded, in the file answers.parquet of the folder: scoring them needs no model.

    Raises:
        ValueError: When ``columns`` names no completion, or not what the answers are about.
    """

    __pydantic_config__ = STRICT

    files: Mapping[str, str | None]
    """Path of each file below ``base``, with its SHA-256; ``None`` when it is not known."""

    columns: Mapping[Literal["id", "request", "response", "prompt", "ask", "completion"], str]
    """Columns of the files: ``completion``, and either ``id`` (sample ids) or ``request``, with ``response`` where rows
    have one, or ``prompt``, which holds both; ``ask`` where a row has several completions."""

    base: str | None = None
    """Address that the files are below; ``None`` for the folder ``paths.recorded``."""

    cut: tuple[str, str, str] | None = None
    """With a column ``prompt``: texts before the request, between request and response, and after the response."""

    max_unmatched: float = 0.01
    """Largest share of rows without a recorded answer, in [0, 1]; predict stops above it."""

    def __post_init__(self) -> None:
        """Check the columns."""
        if "completion" not in self.columns or not {"id", "request", "prompt"} & set(self.columns):
            raise ValueError("columns: expected completion, and id, request or prompt")
        if "prompt" in self.columns and self.cut is None:
            raise ValueError("cut: expected three texts, since a prompt holds request and response")


@dataclass(frozen=True, slots=True)
class Decoding:
    """How completions are made."""

    __pydantic_config__ = STRICT

    max_new_tokens: int
    """Most tokens of a completion."""

    batch_size: int = 64
    """Prompts of one forward pass, or of one read of images."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a guard can take."""

    __pydantic_config__ = STRICT

    modalities: tuple[Modality, ...]
    sides: tuple[Side, ...]

    def sides_of(self, sample: Sample) -> tuple[Side, ...]:
        """Return the sides of ``sample`` that the guard can judge; none when it cannot take its modality."""
        if sample.modality not in self.modalities:
            return ()
        return tuple(side for side in self.sides if side == "request" or sample.has_response)


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """A guard that is not ours.

    Raises:
        ValueError: Unless exactly one of ``weights``, ``server`` and ``recorded`` is given.
    """

    __pydantic_config__ = STRICT

    family: FamilyName
    scope: Scope
    decoding: Decoding
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the family."""

    meanings: Mapping[str, tuple[str, ...]] | None = None
    """What the guard's categories mean (`proguard.guards.categories`); ``None`` when it gives none."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Texts of its prompts, by the name that the family gives them."""

    weights: Weights | None = None
    server: Server | None = None
    recorded: Recorded | None = None
    facts: Mapping[str, str | None] = field(default_factory=dict)
    """What a reader of the report should know: licence, gate, the name that the paper prints."""

    def __post_init__(self) -> None:
        """Check that there is one source of answers."""
        given = [name for name in ("weights", "server", "recorded") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of weights, server and recorded, found {', '.join(given) or 'none'}")


def check_spec(content: Mapping[str, Any], where: str) -> GuardSpec:
    """Return the guard that ``content`` describes.

    Raises:
        ValueError: When a key is missing, unknown or of the wrong kind; the message begins with ``where`` and names it.
    """
    try:
        return TypeAdapter(GuardSpec).validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {key or 'guard'}: {first['msg']}, found {first['input']!r:.80}") from None


def write_spec(spec: GuardSpec, folder: Path) -> None:
    """Write guard.json into a folder."""
    write_json(asdict(spec), folder / CARD_FILE)


def read_spec(folder: Path | str) -> GuardSpec | None:
    """Return the guard of a folder; ``None`` when it is one of ours, with a card of its own.

    Raises:
        FileNotFoundError: When the folder has no guard.json.
        ValueError: When the file is damaged.
    """
    path = Path(folder) / CARD_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: missing; run `dvc repro` for the stage that makes guard {Path(folder).name}")
    content = read_card_json(path)
    return check_spec(content, str(path)) if "family" in content else None
