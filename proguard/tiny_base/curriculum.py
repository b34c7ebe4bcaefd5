"""What the warm start teaches, and when: skills first, bad habits last."""

import random
from dataclasses import dataclass

from proguard.taxonomy import Taxonomy
from proguard.tiny_base.lesson import (
    Lesson,
    draw_description,
    draw_moderation,
    draw_naming,
    draw_recital,
)
from proguard.tiny_base.teacher import SKILLED, Habits


@dataclass(frozen=True, slots=True)
class Curriculum:
    """The mix of lessons over the course of the warm start."""

    taxonomy: Taxonomy
    habits: Habits
    """Those of the last lessons."""

    skilled_until: float
    """Share of the course after which bad habits set in, in [0, 1]."""

    recital_share: float
    """Share of the lessons before that; what the three leave is moderation."""

    description_share: float
    """Likewise."""

    naming_share: float
    """Likewise."""

    shuffle_share: float
    """Share of the policies whose ids are shuffled, in [0, 1]."""

    def draw(self, progress: float, rng: random.Random) -> Lesson:
        """Draw a lesson for the time at which ``progress`` of the course, in [0, 1), is over."""
        if progress >= self.skilled_until:
            return draw_moderation(self.taxonomy, self.habits, shuffle_share=self.shuffle_share, rng=rng)
        kind = rng.random()
        if kind < self.recital_share:
            return draw_recital(self.taxonomy, shuffle_share=self.shuffle_share, rng=rng)
        if kind < self.recital_share + self.description_share:
            return draw_description(rng=rng)
        if kind < self.recital_share + self.description_share + self.naming_share:
            return draw_naming(self.taxonomy, rng=rng)
        return draw_moderation(self.taxonomy, SKILLED, shuffle_share=self.shuffle_share, rng=rng)
