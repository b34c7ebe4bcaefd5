"""The card of a guard: what a model folder needs beside the weights to be used as it was trained.

It holds how prompts are worded, at which level each modality's policy stands, and the hashes of the contracts that the
guard was made with, so that a guard and a changed prompt cannot meet unnoticed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from proguard.prompt import PromptFormat, prompt_hash
from proguard.sample import MODALITIES, Modality
from proguard.storage.files import read_json, write_json
from proguard.taxonomy import Level, Taxonomy

CARD_FILE = "guard.json"
TAXONOMY_FILE = "taxonomy.yaml"

BASE, TRAINED = "base", "proguard"
"""Names of the guards that the pipeline makes: folders of ``paths.guards``."""


@dataclass(frozen=True, slots=True)
class GuardCard:
    """How to prompt a guard, and what it was made with."""

    prompt: PromptFormat
    levels: Mapping[Modality, Level]
    """Level of the policy, by modality."""

    max_shown: Mapping[Level, int] | None
    """Most categories that a policy showed in training, by level; ``None`` when any number is fine."""

    hashes: Mapping[str, str]
    """Hashes of ``taxonomy`` and ``prompt``; of a trained guard, of ``reward`` too."""

    origin: Mapping[str, str | int | None]
    """Where the weights come from: base model, revision, training steps, seed."""


def make_card(
    *,
    prompt: PromptFormat,
    levels: Mapping[Modality, Level],
    max_shown: Mapping[Level, int] | None = None,
    taxonomy: Taxonomy,
    origin: Mapping[str, str | int | None],
) -> GuardCard:
    """Return a card with the hashes of the contracts as they are now.

    Raises:
        ValueError: When ``levels`` does not name each modality.
    """
    if set(levels) != set(MODALITIES):
        raise ValueError(f"levels: expected {', '.join(MODALITIES)}, found {', '.join(levels)}")
    return GuardCard(prompt, dict(levels), max_shown and dict(max_shown), contract_hashes(taxonomy), dict(origin))


def contract_hashes(taxonomy: Taxonomy) -> dict[str, str]:
    """Return the hashes of taxonomy and prompt as they are now."""
    return {"taxonomy": taxonomy.hash, "prompt": prompt_hash()}


def write_card(card: GuardCard, folder: Path, taxonomy_file: Path) -> None:
    """Write the card and a copy of the taxonomy into a model folder."""
    write_json(asdict(card), folder / CARD_FILE)
    (folder / TAXONOMY_FILE).write_bytes(Path(taxonomy_file).read_bytes())


def read_card(folder: Path | str) -> GuardCard:
    """Return the card of a model folder.

    Raises:
        FileNotFoundError: When the folder is no guard of ours; the message says which stages make one.
    """
    path = Path(folder) / CARD_FILE
    if not path.exists():
        raise FileNotFoundError(f"{folder}: no {CARD_FILE}; a guard is made by `dvc repro base_model` or `rl_train`")
    content = read_json(path)
    return GuardCard(**content | {"prompt": PromptFormat(**content["prompt"])})


def check_prompt(card: GuardCard) -> None:
    """Raise ``ValueError`` when prompts are worded otherwise now than when the guard was made."""
    if card.hashes["prompt"] != prompt_hash():
        raise ValueError(
            f"the guard was made with prompt {card.hashes['prompt']}, and the code words prompt {prompt_hash()}:"
            " make it again"
        )
