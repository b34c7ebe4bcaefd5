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
from typing import Annotated, Any, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from proguard.prompt import PromptFormat, prompt_hash
from proguard.sample import MODALITIES, Modality
from proguard.strict_json import parse_json
from proguard.taxonomy import Level, Taxonomy

CARD_FILE = "guard.json"
TAXONOMY_FILE = "taxonomy.yaml"

BASE, TRAINED = "base", "proguard"
"""Names of the guards that the pipeline makes: folders of ``paths.guards``."""

STRICT = ConfigDict(extra="forbid")
"""An unknown key of a card is refused."""

Size = Annotated[int, Field(ge=1, lt=2**31)]
"""A number of tokens, characters or categories."""

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

    __pydantic_config__ = STRICT

    prompt_tokens: Size
    """Most tokens of a prompt, those of the image included."""

    new_tokens: Size
    """Most tokens of a completion."""

    chars: Size
    """Most characters of a request and of a response."""

    categories: Size
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

    __pydantic_config__ = STRICT

    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class GuardCard:
    """How to prompt a guard, and what it was made with."""

    __pydantic_config__ = STRICT

    prompt: PromptFormat
    levels: Mapping[Modality, Level]
    """Level of the policy, by modality."""

    max_shown: Mapping[Level, Size] | None
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
    content = read_card_json(path)
    if "family" in content:
        raise ValueError(f"{path}: a guard of another family ({content['family']!r:.40}), expected one of our own")
    version = content.get("version")
    if version != CARD_VERSION:
        raise ValueError(f"{path}: version: expected {CARD_VERSION}, found {version!r:.60}: {REMEDY}")
    try:
        card = TypeAdapter(GuardCard).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ValueError(f"{path}: {key}: {first['msg']}, found {first['input']!r:.60}: {REMEDY}") from None
    if fault := _find_fault(card):
        raise ValueError(f"{path}: {fault}: {REMEDY}")
    return card


def read_card_json(path: Path) -> dict[str, Any]:
    """Return what the card of any guard holds.

    Raises:
        ValueError: When it is not an object in JSON, gives a key twice, or is nested too deeply.
    """
    try:
        content = parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}): {REMEDY}") from error
    except RecursionError:
        raise ValueError(f"{path}: not the JSON of a card, it is nested too deeply: {REMEDY}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object in JSON, found {content!r:.60}: {REMEDY}")
    return content


def _find_fault(card: GuardCard) -> str | None:
    """Return what the types of the card's keys do not tell."""
    if missing := [modality for modality in MODALITIES if modality not in card.levels]:
        return f"levels: no {', '.join(missing)}"
    if card.max_shown is not None and (levels := [x for x in get_args(Level) if x not in card.max_shown]):
        return f"max_shown: no {', '.join(levels)}"
    chars = card.prompt.max_chars
    if chars is not None and chars < 1:
        return f"prompt.max_chars: expected null or a number of at least 1, found {chars}"
    for name in card.files:
        if name in ("", ".", "..", CARD_FILE) or any(c in "/\\" or ord(c) < ord(" ") for c in name):
            return f"files: {name!r:.60} is not the name of a file of the folder"
    return None


def check_prompt(card: GuardCard) -> None:
    """Raise ``ValueError`` when prompts are worded otherwise now than when the guard was made."""
    made_with, now = card.hashes.get("prompt"), prompt_hash()
    if made_with != now:
        raise ValueError(
            f"the guard was made with prompt {made_with}, and the code words prompt {now}:"
            " make it again with `dvc repro base_model rl_train`"
        )
