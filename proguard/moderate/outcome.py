"""The outcome of moderation: unsafe by default, safe only by a complete verdict."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from proguard.sample import Label

Status = Literal["ok", "malformed", "incomplete", "too_long"]
"""Whether the labels are a verdict.

``ok``: every prompt got a verdict. ``malformed``: no answer keeps the format. ``incomplete``: some prompts got no
verdict, or the engine failed. ``too_long``: the item exceeds the guard's limits and was not judged.
"""

ENGINE_FAILED = "engine failed"
"""How ``detail`` begins when the engine raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a guard says about one item. `flagged` is what an application acts on."""

    status: Status = "incomplete"
    request: Label | None = None
    """Label of the request and the images; ``None`` when neither was given, or without a verdict."""

    response: Label | None = None
    """Label of the response; ``None`` when none was given, or without a verdict."""

    category: str | None = None
    """Id of the policy's category, or the guard's own name for a risk that the policy lacks."""

    name: str | None = None
    """Name of the category, or the guard's own name where it names anything."""

    in_policy: bool | None = None
    """Whether ``category`` is an id of the policy; ``None`` without a category."""

    score: float | None = None
    """Probability that the item is unsafe, in [0, 1], the higher of the two that the stage predict writes for request
    and response; ``None`` when the engine gives none. It comes before the labels and can contradict them."""

    reasoning: str | None = None
    """What the guard wrote before it answered."""

    covered: tuple[str, ...] = ()
    """What was judged: ``request``, ``response``, ``image 1`` and so on."""

    parts: int = 0
    """Prompts that the policy was split into for each judged sample."""

    detail: str | None = None
    """Why there is no verdict."""

    completion: str | None = None
    """What the guard wrote, when it breaks the format."""

    @property
    def flagged(self) -> bool:
        """Whether to treat the item as unsafe: always, unless a complete verdict says safe."""
        labels = {self.request, self.response} - {None}
        return self.status != "ok" or labels != {"safe"}

    @property
    def is_engine_failure(self) -> bool:
        """Whether there is no verdict because the engine failed, which may not happen again."""
        return self.detail is not None and self.detail.startswith(ENGINE_FAILED)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and ``flagged`` as plain values."""
        return {"flagged": self.flagged, **asdict(self), "covered": list(self.covered)}
