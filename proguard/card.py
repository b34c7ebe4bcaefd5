"""The card of a guard: what a model folder needs in addition to the weights to be used as it was trained.

It holds how prompts are worded, the level of each modality's policy, what an item may measure, the hashes of the
contracts that the guard was made with, and a manifest of the folder, so that neither a changed prompt nor a damaged
file passes unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from proguard.prompt import PromptFormat, prompt_hash
from proguard.sample import MODALITIES, Modality
from proguard.taxonomy import Level, Taxonomy

CARD_FILE = "guard.json"
TAXONOMY_FILE = "taxonomy.yaml"

BASE, TRAINED = "base", "proguard"
"""Names of the guards that the pipeline makes: folders of ``paths.guards``."""

CARD_VERSION = 2
"""Format of the card; another one is refused."""

CHARS_PER_TOKEN = 8
"""No text of ordinary language has more characters a token on average, so longer texts are refused unread."""

MIN_CATEGORIES = 64
"""Every guard takes policies of this many categories, in parts where it was trained with fewer at once."""

REMEDY = "copy the guard's folder again, or make it with `dvc repro base_model rl_train`"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What an item, its policy and its answer may measure: the lengths that the guard was trained with."""

    prompt_tokens: int
    """Most tokens of a prompt, those of the image included."""

    new_tokens: int
    """Most tokens of a completion."""

    chars: int
    """Most characters of a request and of a response."""

    categories: int
    """Most categories of a policy, all parts together."""


def make_limits(*, prompt_tokens: int, new_tokens: int, prompt: PromptFormat, taxonomy: Taxonomy) -> GuardLimits:
    """Return the limits of a guard that was trained with prompts and completions of so many tokens.

    ``chars`` is `CHARS_PER_TOKEN` for each token of a prompt, or the length from which training cuts a text, if that is
    less. ``categories`` is twice the taxonomy's larger level, and `MIN_CATEGORIES` at least.
    """
    chars = min(CHARS_PER_TOKEN * prompt_tokens, prompt.max_chars or CHARS_PER_TOKEN * prompt_tokens)
    most = max(len(taxonomy.codes("category")), len(taxonomy.codes("subcategory")))
    return GuardLimits(prompt_tokens, new_tokens, chars, max(MIN_CATEGORIES, 2 * most))


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file of the guard's folder was when the guard was made."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class GuardCard:
    """How to prompt a guard, and what it was made with."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    prompt: PromptFormat
    levels: Mapping[Modality, Level]
    """Level of the policy, by modality."""

    max_shown: Mapping[Level, int] | None
    """Most categories that a policy showed in training, by level; ``None`` when any number is fine."""

    limits: GuardLimits
    hashes: Mapping[str, str]
    """Hashes of ``taxonomy`` and ``prompt``; of a trained guard, of ``reward`` too."""

    origin: Mapping[str, str | int | None]
    """Where the weights come from: base model, revision, training steps, seed."""

    files: Mapping[str, FileRecord] = field(default_factory=dict)
    """Manifest of the folder without the card; `proguard.guard_folder` makes and checks it."""

    version: int = CARD_VERSION

    @property
    def fingerprint(self) -> str:
        """16 hex digits that differ between any two guards."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def make_card(
    *,
    prompt: PromptFormat,
    levels: Mapping[Modality, Level],
    max_shown: Mapping[Level, int] | None = None,
    limits: GuardLimits,
    taxonomy: Taxonomy,
    origin: Mapping[str, str | int | None],
) -> GuardCard:
    """Return a card with the hashes of the contracts as they are now.

    Raises:
        ValueError: When ``levels`` does not name each modality.
    """
    if set(levels) != set(MODALITIES):
        raise ValueError(f"levels: expected {', '.join(MODALITIES)}, found {', '.join(levels)}")
    return GuardCard(
        prompt, dict(levels), max_shown and dict(max_shown), limits, contract_hashes(taxonomy), dict(origin)
    )


def contract_hashes(taxonomy: Taxonomy) -> dict[str, str]:
    """Return the hashes of taxonomy and prompt as they are now."""
    return {"taxonomy": taxonomy.hash, "prompt": prompt_hash()}


def read_card(folder: Path | str) -> GuardCard:
    """Return the card of a model folder.

    Raises:
        FileNotFoundError: When the folder has no card; the message says which stages make one.
        ValueError: When the card is damaged or of another version; the message names the key.
    """
    path = Path(folder) / CARD_FILE
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: no {CARD_FILE}; a guard is made by `dvc repro base_model` or `rl_train`")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}): {REMEDY}") from error
    if isinstance(content, dict) and "family" in content:
        raise ValueError(f"{path}: a guard of another family ({content['family']!r:.40}), expected one of our own")
    version = content.get("version") if isinstance(content, dict) else None
    if version != CARD_VERSION:
        raise ValueError(f"{path}: version: expected {CARD_VERSION}, found {version!r}: {REMEDY}")
    try:
        card = TypeAdapter(GuardCard).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ValueError(f"{path}: {key}: {first['msg']}, found {first['input']!r:.60}: {REMEDY}") from None
    if missing := [m for m in MODALITIES if m not in card.levels]:
        raise ValueError(f"{path}: levels: no {', '.join(missing)}: {REMEDY}")
    return card


def check_prompt(card: GuardCard) -> None:
    """Raise ``ValueError`` when prompts are worded otherwise now than when the guard was made."""
    made_with, now = card.hashes.get("prompt"), prompt_hash()
    if made_with != now:
        raise ValueError(
            f"the guard was made with prompt {made_with}, and the code words prompt {now}:"
            " make it again with `dvc repro base_model rl_train`"
        )
