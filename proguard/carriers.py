"""Carrier texts: requests such as "what does this picture show" that come with many images and say nothing themselves.

They tell neither a category nor that two rows are alike: who joined rows by them would join every picture of a source.
"""

from collections import defaultdict
from collections.abc import Iterable

from proguard.text import normalise_text


def find_carriers(requests: Iterable[tuple[str | None, str | None]], *, carrier_images: int) -> frozenset[str]:
    """Return the normalised texts that come with more than ``carrier_images`` different images.

    Args:
        requests: Text and image of each sample; ``None`` where it has none.
    """
    images: dict[str, set[str]] = defaultdict(set)
    for text, image in requests:
        if text is not None and image is not None:
            images[normalise_text(text)].add(image)
    return frozenset(text for text, shown in images.items() if len(shown) > carrier_images)
