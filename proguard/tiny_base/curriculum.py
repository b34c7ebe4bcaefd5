"""Which lesson the warm start draws at which point of the course: all skills first, bad habits last."""

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
    """Habits of the teacher in the last lessons."""

    skilled_until: float = 0.7
    """Share of the course that a skilled teacher gives, in [0, 1]; then the habits set in."""

    recital_share: float = 0.1
    """Share of recitals among the skilled teacher's lessons, in [0, 1]; what the three shares leave is moderation."""

    description_share: float = 0.3
    """Share of descriptions among the same lessons."""

    naming_share: float = 0.05
    """Share of namings among the same lessons."""

    shuffle_share: float = 0.8
    """Share of the policies whose ids are shuffled, in [0, 1]."""

    def draw(self, progress: float, rng: random.Random) -> Lesson:
        """Draw a lesson.

        Args:
            progress: Share of the course that is over, in [0, 1).
            rng: Source of every draw.
        """
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
