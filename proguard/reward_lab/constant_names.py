"""What one name earns when it is given to every unlisted risk, and a search for the name that earns most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from proguard.naming import NameBank, load_embedder
from proguard.policy import Policy
from proguard.reward.config import RewardConfig
from proguard.reward.contrast import Naming, place_names
from proguard.taxonomy import Taxonomy

BEAM = 3
"""Names that each round of the search goes on with."""

N_SEEDS = 150
"""Words that each round may add, in addition to those of the taxonomy's phrases."""

MIN_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Earned:
    """What a name earns on unlisted rows when it is given to all of them."""

    share: float
    """Share of the rows that it is credited on, in [0, 1]."""

    mean: float
    """Mean credit, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class ConstantName:
    """One name given to every unlisted row."""

    name: str
    codes: tuple[str, ...]
    """Categories that it is credited for."""

    balanced: Earned
    """Where each category of the taxonomy has as many rows."""

    on_rows: Earned
    """On the rows as they are."""

    def is_right(self, taxonomy: Taxonomy) -> bool:
        """Return whether it is credited for no more than one category and one of its subcategories."""
        levels = {taxonomy[code].level for code in self.codes}
        return len(levels) == len(self.codes) and len({taxonomy.category_of(code) for code in self.codes}) <= 1


def weigh_names(
    names: Sequence[str], rows_by_code: Mapping[str, int], bank: NameBank, config: RewardConfig
) -> list[ConstantName]:
    """Return what each name earns.

    ``balanced`` is the sum over the k categories of the rows' levels of ``credit / k``. A name that says one of them
    exactly earns about 1 / k there, however many rows that category has.

    Args:
        rows_by_code: Number of unlisted rows of each true category, of either level.
    """
    levels = sorted({bank.taxonomy[code].level for code in rows_by_code})
    codes = [code for level in levels for code in bank.taxonomy.codes(level)]
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
        balanced, on_rows = _sum_up(credits, dict.fromkeys(codes, 1)), _sum_up(credits, rows_by_code)
        weighed.append(ConstantName(name, tuple(credits), balanced, on_rows))
    return weighed


def _sum_up(credits: Mapping[str, float], weights: Mapping[str, int]) -> Earned:
    n = sum(weights.values())
    share = sum(weights.get(code, 0) for code in credits) / n
    return Earned(share, sum(weights.get(code, 0) * credit for code, credit in credits.items()) / n)


def search_names(
    rows_by_code: Mapping[str, int], bank: NameBank, config: RewardConfig, *, n_words: int, max_words: int
) -> list[ConstantName]:
    """Return every name that a greedy search tried, the one with the highest balanced mean first.

    It starts from ``n_words`` frequent words and the words of the taxonomy's phrases, and adds a word to the best
    `BEAM` names until they have ``max_words``. Each phrase is tried too.
    """
    phrases = {text for node in bank.taxonomy for text in (node.name, *node.synonyms)}
    own = {word for phrase in phrases for word in phrase.lower().split() if len(word) >= MIN_LETTERS}
    found = weigh_names(sorted({*own, *frequent_words(bank, n_words)}), rows_by_code, bank, config)
    best = sorted(found, key=_rank)
    more = sorted({*own, *(tried.name for tried in best[:N_SEEDS])})
    for _ in tqdm(range(max_words - 1), desc="reward_lab", unit="word"):
        longer = {f"{tried.name} {word}" for tried in best[:BEAM] for word in more if word not in tried.name.split()}
        best = sorted(weigh_names(sorted(longer), rows_by_code, bank, config), key=_rank)
        found += best
    new = sorted(phrases - {tried.name for tried in found})
    return sorted([*found, *weigh_names(new, rows_by_code, bank, config)], key=_rank)


def _rank(tried: ConstantName) -> tuple[float, str]:
    return -round(tried.balanced.mean, 4), tried.name


def frequent_words(bank: NameBank, n: int) -> list[str]:
    """Return the ``n`` most frequent English words that the embedding's tokenizer holds whole, in its order.

    Vocabularies of WordPiece and SentencePiece are in order of frequency, but for their special tokens.
    """
    config = bank.config
    vocabulary = load_embedder(config.backend, config.model, config.revision).tokenizer.get_vocab()
    pieces = [piece.removeprefix("▁") for piece, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    words = [p.lower() for p in pieces if len(p) >= MIN_LETTERS and p.isascii() and p.isalpha()]
    return list(dict.fromkeys(words))[:n]
