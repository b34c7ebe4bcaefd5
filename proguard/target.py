"""The target: the labels and the category that a completion about one row is compared with."""

from dataclasses import dataclass

from proguard.policy import GoldCategory, Policy
from proguard.sample import Label, Modality, Sample
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Target:
    """What a completion about one row is compared with."""

    modality: Modality
    has_response: bool
    """Whether there is a response to judge; without one, ``response_label`` is ``None``."""

    request_label: Label | None
    response_label: Label | None
    category: str | None
    """Code at the policy's level; ``None`` when safe or not mapped."""

    policy: Policy

    @property
    def gold(self) -> GoldCategory:
        """The gold category under the policy."""
        return self.policy.gold(self.category)

    @property
    def is_unsafe(self) -> bool:
        """Whether the request or the response is unsafe."""
        return "unsafe" in (self.request_label, self.response_label)


def make_target(sample: Sample, policy: Policy, taxonomy: Taxonomy) -> Target:
    """Return what completions about ``sample`` under ``policy`` are compared with.

    Raises:
        KeyError: When the taxonomy lacks the sample's category.
    """
    code = None if sample.category is None else taxonomy.code_at(sample.category, policy.level)
    return Target(
        modality=sample.modality,
        has_response=sample.has_response,
        request_label=sample.request_label,
        response_label=sample.response_label,
        category=code,
        policy=policy,
    )
