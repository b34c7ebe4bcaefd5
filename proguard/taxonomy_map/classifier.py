"""The classifier annotator: a linear model on embeddings of short texts that we wrote for each category.

It learns from the taxonomy's names, descriptions and synonyms, and from example requests, which sound like the texts
that it judges; it never sees a row of a data set. It abstains when the lead of the best code is short: the shortest
lead that counts is the one from which the stated share of held-out texts is right, so that it fits any embedding.
That share is about our own texts; docs/annotation.md says how often votes on real rows are right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from tqdm import tqdm

from proguard.naming import NameBank
from proguard.storage.yaml_file import read_yaml
from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.embedding import BATCH_SIZE, bank_texts, competitors, is_no_home
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question import Question, with_text
from proguard.taxonomy_map.vote import Vote

INVERSE_REGULARISATION = 10.0
"""scikit-learn's ``C``, chosen on held-out texts and on OpenAI's moderation set; 1 to 100 differ by 2 % there."""

FOLDS = 5
LEAD_STEP = 0.05
"""Grid of the shortest lead, in log-odds: a step is far above what the last digits of an embedding change."""

Phrases = Mapping[str, Sequence[str]]
"""Example requests by subcategory."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A fitted model of the subcategories."""

    codes: tuple[str, ...]
    model: LogisticRegression

    min_lead: float
    """Shortest lead of the best code over the next, in log-odds, that is a vote."""

    def score(self, vectors: np.ndarray) -> np.ndarray:
        """Return the log-odds of each code, up to a constant of a row, to 4 decimals: ``(n, len(codes))``."""
        return self.model.decision_function(vectors).round(4)


def load_phrases(path: Path | str, taxonomy: Taxonomy) -> Phrases:
    """Read a file of example requests by subcategory.

    Raises:
        ValueError: When the file is not one that `read_yaml` takes, an entry is not a list of texts, or its code is no
            subcategory of the taxonomy.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a list of requests per code, found {type(content).__name__}")
    codes = taxonomy.codes("subcategory")
    for code, texts in content.items():
        if code not in codes:
            raise ValueError(
                f"{path}: {code!r} is not a subcategory of the taxonomy; expected some of {', '.join(codes)}"
            )
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"{path}: {code}: expected a list of texts, found {texts!r}")
    return content


def fit_classifier(phrases: Phrases, *, bank: NameBank, precision: float) -> Classifier:
    """Return a classifier of the taxonomy's subcategories.

    Args:
        phrases: Example requests; a code without any is learnt from the taxonomy alone.
        bank: Embeddings, and the taxonomy.
        precision: Share of held-out texts that are right from the shortest lead on, in (0, 1].

    Raises:
        ValueError: When no lead reaches ``precision``.
    """
    codes = tuple(sorted(bank.taxonomy.codes("subcategory")))
    texts = [(code, text) for code in codes for text in (*bank_texts(code, bank), *phrases.get(code, ()))]
    vectors = bank.embed([text for _, text in texts]).astype(float)
    gold = np.array([codes.index(code) for code, _ in texts])
    model = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=2000, tol=1e-6)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    held_out = cross_val_predict(model, vectors, gold, cv=folds, method="decision_function")
    min_lead = find_min_lead(held_out, gold, precision=precision)
    return Classifier(codes, model.fit(vectors, gold), min_lead)


def find_min_lead(scores: np.ndarray, gold: np.ndarray, *, precision: float) -> float:
    """Return the shortest lead, a multiple of `LEAD_STEP` above 0, from which ``precision`` of the rows are right.

    Args:
        scores: Log-odds ``(n, codes)``.
        gold: Index of the right code ``(n,)``.
        precision: Share, in (0, 1].

    Raises:
        ValueError: When no lead reaches ``precision``.
    """
    ordered = np.sort(scores, axis=1)
    leads, is_right = ordered[:, -1] - ordered[:, -2], scores.argmax(axis=1) == gold
    for step in range(1, int(leads.max() / LEAD_STEP) + 1):
        if is_right[leads >= step * LEAD_STEP].mean() >= precision:
            return round(step * LEAD_STEP, 2)
    raise ValueError(
        f"taxonomy_map.annotators: precision: {precision} is not reached on held-out texts at any lead; lower it"
    )


def vote_by_classifier(
    questions: Sequence[Question], *, classifier: Classifier, bank: NameBank, name: str
) -> Iterator[Vote]:
    """Yield a vote for each question whose best candidate leads by far enough; a text with a zero vector gets none.

    As in `proguard.taxonomy_map.embedding.vote_by_embedding`: where the label narrows the choice, candidates compete
    with each other only; a label that fixes a code, or that may have no home, lets all subcategories compete.

    Args:
        name: Name of the annotator.
    """
    asked = with_text(questions)
    scores = _score_texts(sorted({text for _, text in asked}), classifier, bank)
    for question, text in asked:
        if text not in scores:
            continue
        by_code = dict(zip(classifier.codes, scores[text], strict=True))
        rivals = _rivals(question.meaning, classifier.codes, bank.taxonomy)
        values = {code: _score_code(code, by_code, bank.taxonomy) for code in rivals}
        best, *others = sorted(rivals, key=lambda code: values[code], reverse=True)
        is_clear = not others or values[best] - values[others[0]] >= classifier.min_lead
        if is_clear and not is_no_home(best, question.meaning):
            yield Vote(question.id, name, best)


def _score_texts(texts: Sequence[str], classifier: Classifier, bank: NameBank) -> dict[str, np.ndarray]:
    """Return the scores of each text that the bank can read: one whose vector is not zero."""
    scores: dict[str, np.ndarray] = {}
    with tqdm(total=len(texts), desc="classify", unit="text", disable=not texts) as progress:
        for start in range(0, len(texts), BATCH_SIZE):
            batch = texts[start : start + BATCH_SIZE]
            vectors = bank.embed(batch)
            scored = zip(batch, classifier.score(vectors), vectors, strict=True)
            scores.update((text, score) for text, score, vector in scored if vector.any())
            progress.update(len(batch))
    return scores


def _rivals(meaning: Meaning, subcategories: Sequence[str], taxonomy: Taxonomy) -> list[str]:
    """Return the codes to choose from; a category takes the place of its subcategories."""
    rivals = competitors(meaning, subcategories)
    return [code for code in rivals if taxonomy.category_of(code) not in {*meaning.candidates} - {code}]


def _score_code(code: str, by_code: Mapping[str, float], taxonomy: Taxonomy) -> float:
    """Return the score of a subcategory, or the best one of a category's subcategories."""
    if code in by_code:
        return by_code[code]
    return max(score for sub, score in by_code.items() if taxonomy.category_of(sub) == code)
