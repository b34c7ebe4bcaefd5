"""What one name earns when it is given to every unlisted risk, and a search for the name that earns most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from proguard.naming import NameBank, load_embedder
from proguard.policy import Policy
from proguard.reward.config import RewardConfig
from proguard.reward.contrast import Naming, place_names
from proguard.taxonomy import Level, Taxonomy

BEAM = 3
"""Names that each round of the search goes on with."""

N_SEEDS = 150
"""Words that each round may add, in addition to those of the taxonomy's phrases."""

MIN_LETTERS = 3


@dataclass(frozen=True, slots=True)
class ConstantName:
    """What one name earns on the unlisted rows when it is given to all of them."""

    name: str
    share: float
    """Share of the rows that it is credited on, in [0, 1]."""

    mean: float
    """Mean credit, in [0, 1]."""

    codes: tuple[str, ...]
    """Categories whose rows it is credited on, of either level."""


def weigh_names(
    names: Sequence[str], rows_by_code: Mapping[str, int], bank: NameBank, config: RewardConfig
) -> list[ConstantName]:
    """Return what each name earns.

    Args:
        rows_by_code: Number of unlisted rows of each true category, of either level.
    """
    codes, n = sorted(rows_by_code), sum(rows_by_code.values())
    policies = {code: Policy(bank.taxonomy[code].level, ()) for code in codes}
    placed = place_names([Naming(name, code, policies[code]) for name in names for code in codes], bank)
    weighed = []
    for i, name in enumerate(names):
        standings = placed[i * len(codes) : (i + 1) * len(codes)]
        credits = {
            code: config.name + config.bonus * standing.nearness
            for code, standing in zip(codes, standings, strict=True)
            if standing.is_nearest or not config.requires_nearest
        }
        share = sum(rows_by_code[code] for code in credits) / n
        mean = sum(rows_by_code[code] * credit for code, credit in credits.items()) / n
        weighed.append(ConstantName(name, share, mean, tuple(credits)))
    return weighed


def right_share(rows_by_code: Mapping[str, int], taxonomy: Taxonomy) -> float:
    """Return the share of rows that one name can be right about: those of one category of each level."""
    most: dict[Level, int] = {}
    for code, n in rows_by_code.items():
        level = taxonomy[code].level
        most[level] = max(n, most.get(level, 0))
    return sum(most.values()) / sum(rows_by_code.values())


def search_names(
    rows_by_code: Mapping[str, int], bank: NameBank, config: RewardConfig, *, n_words: int, max_words: int
) -> list[ConstantName]:
    """Return every name that a greedy search tried, the one with the highest mean first.

    It starts from ``n_words`` frequent words and the words of the taxonomy's phrases, and adds a word to the best
    `BEAM` names until they have ``max_words``.
    """
    own = _phrase_words(bank.taxonomy)
    found = weigh_names(sorted({*own, *frequent_words(bank, n_words)}), rows_by_code, bank, config)
    best = sorted(found, key=_rank)
    more = sorted({*own, *(tried.name for tried in best[:N_SEEDS])})
    for _ in tqdm(range(max_words - 1), desc="reward_lab", unit="word"):
        longer = {f"{tried.name} {word}" for tried in best[:BEAM] for word in more if word not in tried.name.split()}
        best = sorted(weigh_names(sorted(longer), rows_by_code, bank, config), key=_rank)
        found += best
    return sorted(found, key=_rank)


def _rank(tried: ConstantName) -> tuple[float, str]:
    return -round(tried.mean, 4), tried.name


def _phrase_words(taxonomy: Taxonomy) -> set[str]:
    phrases = [text for node in taxonomy for text in (node.name, *node.synonyms)]
    return {word for phrase in phrases for word in phrase.lower().split() if len(word) >= MIN_LETTERS}


def frequent_words(bank: NameBank, n: int) -> list[str]:
    """Return the ``n`` most frequent English words that the embedding's tokenizer holds whole, in its order.

    Vocabularies of WordPiece and SentencePiece are in order of frequency, but for their special tokens.
    """
    config = bank.config
    vocabulary = load_embedder(config.backend, config.model, config.revision).tokenizer.get_vocab()
    pieces = [piece.removeprefix("▁") for piece, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    words = [p.lower() for p in pieces if len(p) >= MIN_LETTERS and p.isascii() and p.isalpha()]
    return list(dict.fromkeys(words))[:n]
