"""The settings of annotators: what ``taxonomy_map.annotators`` says, checked before anything is loaded or asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Literal

from proguard.inference.engine import Dtype
from proguard.taxonomy_map.vote import LABEL_MAP


@dataclass(frozen=True, slots=True)
class LabelMapAnnotator:
    """The source's own label, where it means one category."""

    name: str


@dataclass(frozen=True, slots=True)
class EmbeddingAnnotator:
    """The category that the text is nearest to."""

    name: str

    threshold: float
    """Lowest mean cosine that is a vote, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class ClassifierAnnotator:
    """A linear model on embeddings of the taxonomy's texts and of example requests."""

    kind: ClassVar[str] = "classifier"

    name: str

    precision: float
    """Share of held-out texts of ours that are right when it votes, in (0, 1]; a higher one abstains more often."""

    phrases: str | None
    """File of example requests by code; ``None`` learns from the taxonomy alone."""

    embed: Literal["texts", "tokens"] = "texts"
    """What is embedded: each text by the model of ``similarity``, or MiniLM's tokens without a model, much faster."""

    def __post_init__(self) -> None:
        """Check the precision and what is embedded."""
        where, value = f"taxonomy_map.annotators: {self.name}", self.precision
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise ValueError(f"{where}: precision: expected a number in (0, 1], found {value!r}")
        if self.embed not in ("texts", "tokens"):
            raise ValueError(f"{where}: embed: expected texts or tokens, found {self.embed!r}")


@dataclass(frozen=True, slots=True)
class LocalAnnotator:
    """A vision-language model whose weights run here or on a Ray cluster, decoding greedily."""

    name: str
    kind: Literal["transformers", "vllm"]

    model: str
    """Folder of the model, or its name on the hub."""

    revision: str | None
    """Commit on the hub; ``None`` for a folder."""

    hint: bool
    """Whether the model is told what the source calls the sample."""

    max_chars: int | None
    """Most characters of a request and of a response; a longer one keeps its two ends. ``None`` keeps all."""

    max_new_tokens: int
    """Most tokens of an answer."""

    dtype: Dtype
    """Number format of the weights."""

    batch_size: int
    """Questions of one forward pass; on a cluster, of one task."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in the currency of the bill."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class EndpointAnnotator:
    """A model behind an OpenAI-compatible server."""

    kind: ClassVar[str] = "endpoint"

    name: str

    url: str
    """Base of the API, such as ``http://localhost:8000/v1``."""

    model: str
    """Name that the server knows it by."""

    key_variable: str | None
    """Environment variable that holds the key; ``None`` for a server that asks for none."""

    hint: bool
    """Whether the model is told what the source calls the sample."""

    max_chars: int | None
    """Most characters of a request and of a response; a longer one keeps its two ends. ``None`` keeps all."""

    request: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a request, such as ``temperature`` and ``max_tokens``."""

    price: Price | None = None
    """What tokens cost; ``None`` leaves the cost out of the summary."""


Annotator = LabelMapAnnotator | EmbeddingAnnotator | ClassifierAnnotator | LocalAnnotator | EndpointAnnotator
ModelAnnotator = LocalAnnotator | EndpointAnnotator

_KINDS: Mapping[str, type] = {
    LABEL_MAP: LabelMapAnnotator,
    "embedding": EmbeddingAnnotator,
    "classifier": ClassifierAnnotator,
    "transformers": LocalAnnotator,
    "vllm": LocalAnnotator,
    "endpoint": EndpointAnnotator,
}


def read_annotators(entries: Iterable[Mapping[str, Any]]) -> list[Annotator]:
    """Return the settings of each annotator, in order; an entry without ``kind`` is of the kind that it is named after.

    Raises:
        ValueError: When a kind is not known, a key is missing or unknown, a name is given twice or cannot name a file.
    """
    annotators = [_read(dict(entry)) for entry in entries]
    names = [annotator.name for annotator in annotators]
    if len(set(names)) < len(names):
        raise ValueError(f"taxonomy_map.annotators: a name is given twice in {names}")
    return annotators


def _read(entry: dict[str, Any]) -> Annotator:
    name = str(entry.get("name"))
    where = f"taxonomy_map.annotators: {name}"
    kind = entry.pop("kind", None) or name
    if kind not in _KINDS:
        raise ValueError(f"{where}: expected a kind of {', '.join(_KINDS)}; found {kind!r}")
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"{where}: expected a name of letters, digits, dots and dashes; the journal is named after it")
    if (kind == LABEL_MAP) != (name == LABEL_MAP):
        raise ValueError(f"{where}: the annotator of kind {LABEL_MAP}, and no other, is named {LABEL_MAP}")
    settings = _KINDS[kind]
    if settings is LocalAnnotator:
        entry["kind"] = kind
    _check_keys(settings, entry, where)
    if entry.get("price") is not None:
        entry["price"] = _check_keys(Price, entry["price"], f"{where}: price")(**entry["price"])
    return settings(**entry)


def _check_keys(settings: type, entry: Mapping[str, Any], where: str) -> type:
    known = [f.name for f in fields(settings)]
    needed = {f.name for f in fields(settings) if f.default is MISSING and f.default_factory is MISSING}
    if set(entry) - set(known) or needed - set(entry):
        raise ValueError(f"{where}: expected {', '.join(known)}; found {', '.join(entry)}")
    return settings
