"""The reward of one completion: ``format * (request + response + category)``, in [0, 3].

``request`` is 1 when the label is right, 2 where no response is due. ``response`` is 1 when the label is right. A side
without a label earns its point whatever is said of it. ``category`` is 0 when the row or the answer is safe.
Otherwise a record of values, `RewardConfig`, decides what it is:

| what the answer gives             | value         | strict | paper |
|-----------------------------------|---------------|--------|-------|
| listed risk: its id               | `exact_id`    | 1      | 1     |
| another shown id of its category  | `sibling_id`  | 0.5    | 0.5   |
| any other shown id                | `other_id`    | 0.25   | 0.5   |
| an id that the policy lacks       | `unknown_id`  | 0      | 0.5   |
| unlisted risk: a name             | `name`        | 0.5    | 0.5   |
| and by its nearness up to         | `bonus`       | 0.5    | 0.5   |
| unlisted image called safe        | `missed_image`| 0      | 0.5   |

``strict``, the default, reads the grammar of `proguard.verdict`, asks for reasoning, and takes a text for a name only
when it is one (`proguard.naming.is_free_name`) and says which risk it is (`proguard.reward.contrast`).

``paper`` gives the released numbers: it reads the grammar of `proguard.reward.released_format`, and every text without
the shape of an id is a name. It differs from the released code on purpose in four places:

- A safe image that is called safe earns 2. The released code gives 2.5 where an absent response label is stored as an
  empty text, and 2 where it is stored as ``safe``.
- A text without a response has no ``Response`` line and earns 2 by its request.
- A side without a label earns its point; the released code gives none.
- A similarity that cannot be computed is an error and not a cosine of 0.
"""

import hashlib
import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from proguard import naming, target, verdict
from proguard.ids import looks_like_id
from proguard.naming import NameBank, SimilarityConfig, is_free_name
from proguard.policy import OOD, Policy, known_ids
from proguard.reward import config as values
from proguard.reward import contrast, released_format
from proguard.reward.config import STRICT, RewardConfig
from proguard.reward.contrast import NameStanding, Naming, place_names
from proguard.reward.released_format import parse_released
from proguard.target import Target
from proguard.taxonomy import Taxonomy
from proguard.verdict import Parsed, ParseStatus, Verdict, parse

_READERS = {"strict": parse, "lenient": parse_released}


@dataclass(frozen=True, slots=True)
class Reward:
    """Reward of one completion, by term."""

    status: ParseStatus
    request: float
    """1 when right, 2 where no response is due."""

    response: float
    """1 when right; 0 where none is due."""

    category: float
    """In [0, 1]."""

    bonus: float
    """The part of ``category`` that nearness to the true category gave, in [0, `RewardConfig.bonus`]."""

    is_named: bool
    """Whether the completion gave a free name that counts as one."""

    @property
    def total(self) -> float:
        """What GRPO maximises, in [0, 3]."""
        return self.request + self.response + self.category


def score(completions: Sequence[str], targets: Sequence[Target], bank: NameBank, config: RewardConfig) -> list[Reward]:
    """Return the reward of each completion, names embedded in one batch.

    Raises:
        ValueError: When the two sequences differ in length.
    """
    read = _READERS[config.format]
    parsed = [read(c, has_response=t.has_response) for c, t in zip(completions, targets, strict=True)]
    verdicts = [_counted(p, config) for p in parsed]
    free = [
        v is not None and v.category is not None and is_free_name(v.category, t.policy, bank.taxonomy)
        for v, t in zip(verdicts, targets, strict=True)
    ]
    names = {
        i: naming
        for i, (v, t, is_free) in enumerate(zip(verdicts, targets, free, strict=True))
        if (naming := _naming_of(v, t, bank.taxonomy)) is not None and (is_free or not config.requires_free_name)
    }
    standings = dict(zip(names, place_names(list(names.values()), bank), strict=True))
    return [
        _score_one(p.status, v, t, is_free, standings.get(i), bank.taxonomy, config)
        for i, (p, v, t, is_free) in enumerate(zip(parsed, verdicts, targets, free, strict=True))
    ]


def _counted(parsed: Parsed, config: RewardConfig) -> Verdict | None:
    """Return the verdict if it can earn anything."""
    has_status = parsed.status == "ok" or (parsed.status == "empty_reasoning" and not config.requires_reasoning)
    return parsed.verdict if has_status else None


def _naming_of(said: Verdict | None, target: Target, taxonomy: Taxonomy) -> Naming | None:
    """Return the name that the answer gives to an unlisted risk; ``None`` for an id and for any other answer."""
    if said is None or said.category is None or target.category is None:
        return None
    is_id = looks_like_id(said.category, known_ids(target.policy, taxonomy))
    if is_id or not target.is_unsafe or target.gold != OOD:
        return None
    return Naming(said.category, target.category, target.policy)


def _score_one(
    status: ParseStatus,
    said: Verdict | None,
    target: Target,
    is_free: bool,
    standing: NameStanding | None,
    taxonomy: Taxonomy,
    config: RewardConfig,
) -> Reward:
    if said is None:
        return Reward(status, 0.0, 0.0, 0.0, 0.0, False)
    request = float(target.request_label in (None, said.request)) * (1 if target.has_response else 2)
    response = float(target.response_label in (None, said.response)) if target.has_response else 0.0
    category = bonus = 0.0
    if target.is_unsafe and target.category is not None:
        if said.category is None:
            category = config.missed_image if target.modality == "image" and target.gold == OOD else 0.0
        elif target.gold != OOD:
            category = _score_id(said.category, target.category, target.policy, taxonomy, config)
        elif standing is not None and (standing.is_nearest or not config.requires_nearest):
            bonus = config.bonus * standing.nearness if said.category else 0.0
            category = config.name + bonus
    return Reward(status, request, response, category, bonus, is_free)


def _score_id(said: str, true: str, policy: Policy, taxonomy: Taxonomy, config: RewardConfig) -> float:
    """Return the credit of what was said about a listed risk of category ``true``."""
    code = policy.code_of(said)
    if code is None:
        return config.unknown_id if looks_like_id(said, known_ids(policy, taxonomy)) else 0.0
    if code == true:
        return config.exact_id
    is_sibling = taxonomy.category_of(code) == taxonomy.category_of(true)
    return config.sibling_id if is_sibling else config.other_id


def reference_verdict(target: Target, taxonomy: Taxonomy) -> Verdict:
    """Return the answer that earns the maximum: the labels, and the id or the true category's own name."""
    request, response = target.request_label or "safe", target.response_label or "safe"
    category = None
    if target.is_unsafe:
        category = target.gold or "unmapped risk"
        if target.category is not None and target.gold == OOD:
            category = taxonomy[target.category].name
    return Verdict(
        request=request,
        response=response if target.has_response else None,
        category=category,
        reasoning="reference",
    )


def max_reward(target: Target, config: RewardConfig = STRICT) -> float:
    """Return the most that a completion about ``target`` can earn: 2, and what the right category earns."""
    if not target.is_unsafe or target.gold is None:
        return 2.0
    return 2.0 + (config.name + config.bonus if target.gold == OOD else config.exact_id)


def reward_hash(config: RewardConfig, similarity: SimilarityConfig) -> str:
    """Return the first 16 hex digits of the SHA-256 of the code and the values that decide a reward."""
    modules = (sys.modules[__name__], contrast, naming, released_format, target, values, verdict)
    code = "".join(inspect.getsource(module) for module in modules)
    settings = json.dumps([asdict(config), asdict(similarity)], sort_keys=True)
    return hashlib.sha256((code + settings).encode()).hexdigest()[:16]
