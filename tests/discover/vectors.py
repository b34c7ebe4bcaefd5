"""Made vectors of names: no embedding model is loaded."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

AXES = 8


def lie(axis: int, aside: float = 0.0) -> np.ndarray:
    """Return the unit vector of an axis, drawn aside towards the last one: 0.5 gives a cosine of 0.89 with it."""
    vector = np.eye(AXES)[axis]
    vector[-1] += aside
    return vector / np.linalg.norm(vector)


def encoder(vectors: Mapping[str, np.ndarray]) -> Callable[[Sequence[str]], np.ndarray]:
    """Return what embeds the names of ``vectors``."""
    return lambda names: np.stack([vectors[name] for name in names])


VECTORS = {
    "Illegal Trade": lie(0),
    "Black Market Trade": lie(0, 0.3),
    "Smuggling": lie(0, 0.6),
    "Phishing": lie(1),
    "Email Phishing": lie(1, 0.3),
    "Gossip": lie(2),
    "Queue Jumping": lie(3),
    "Торговля людьми": lie(4),
    "人身売買": lie(4, 0.2),
}
