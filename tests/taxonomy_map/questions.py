"""Questions made on the spot."""

from proguard.sample import make_sample
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question import Question

ANY = Meaning(("C1S1", "C2S1", "C3S1"))


def make_question(text="words", meaning=ANY, *, modality="text", image=None, **fields):
    """Return a question about an unsafe request ``text``; without one, about an image."""
    if text is None:
        modality, image = "image", image or "i"
    labels = {"source": "s", "request_label": "unsafe"}
    sample = make_sample(modality=modality, request=text, image=image, **labels | fields)
    return Question(sample, text, meaning)
