"""The mini world as a source: scenes of both splits, drawn instead of read. See `proguard.mini_world.world`."""

import random
from collections.abc import Iterator, Sequence

from proguard.collect.item import Found, Item
from proguard.mini_world.world import draw_scenes, subcategories
from proguard.sample import MODALITIES, Label, Modality, Split

SOURCE_LABELS = subcategories()


def read(
    *, n_train: int, n_test: int, seed: int, modalities: Sequence[Modality], labels: Sequence[Label]
) -> Iterator[Item]:
    """Yield the samples of the world and their images.

    Args:
        n_train: Samples of the training split over all three modalities, before duplicates are dropped.
        n_test: Samples of the test split, likewise.
        seed: Seed of every draw.
        modalities: Those that are drawn, ``n_train // 3`` and ``n_test // 3`` samples each.
        labels: Request labels that are kept; what is left out does not change what is kept.
    """
    sizes: dict[Split, int] = {"train": n_train, "test": n_test}
    for split, n in sizes.items():
        for modality in modalities:
            rng = random.Random(f"{seed} {split} {modality}")
            scenes = draw_scenes(n=n // len(MODALITIES), split=split, modality=modality, rng=rng)
            for row, scene in enumerate(scenes, 1):
                if scene.sample.request_label in labels:
                    yield Found(f"{split}/{modality}", row, scene.sample, scene.image)
