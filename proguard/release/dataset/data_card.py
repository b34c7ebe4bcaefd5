"""The data card: README.md of a released data set, with the configurations that `datasets.load_dataset` reads."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from math import isnan
from typing import get_args

from huggingface_hub import DatasetCard, DatasetCardData

from proguard.prompt import PromptFormat
from proguard.release.dataset.quality import Quality
from proguard.release.dataset.terms import OWN, Terms
from proguard.release.dataset.written_set import DEFAULT, WrittenSet
from proguard.row import Role
from proguard.sample import MODALITIES

TEMPLATE = files("proguard.release.dataset") / "data_card.md.j2"

_ROLES: tuple[Role, ...] = get_args(Role)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def make_data_card(
    written: Sequence[WrittenSet],
    terms: Mapping[str, Terms],
    quality: Quality,
    prompt: PromptFormat,
    *,
    name: str,
    profile: str,
) -> DatasetCard:
    """Return the data card.

    Args:
        written: The sets, as they were written; one of ids alone is no configuration until it is rebuilt.
        terms: Terms by source.
        quality: What the pipeline measured.
        prompt: How the messages are worded.
        name: Title of the data set.
        profile: Profile of the pipeline.
    """
    totals = Counter[str]()
    for each in written:
        totals.update(each.by_source)
    given = [terms[source].licence for source in totals if terms[source].withheld is None]
    data = DatasetCardData(
        pretty_name=name,
        license=sorted({_spell(licence) for licence in given}) or ["other"],
        language=["en"],
        task_categories=["text-classification", "image-text-to-text"],
        tags=["content-safety", "moderation", "guardrail", "reinforcement-learning"],
        size_categories=[_size(sum(each.rows for each in written))],
        configs=list_configs([each for each in written if each.rows > each.withheld]),
    )
    return DatasetCard.from_template(
        data,
        template_str=TEMPLATE.read_text(encoding="utf-8"),
        name=name,
        profile=profile,
        written=written,
        sources=[(source, terms[source], totals[source]) for source in terms if totals[source]],
        n_withheld=sum(each.withheld for each in written),
        modalities=MODALITIES,
        roles=_ROLES,
        quality=quality,
        prompt=prompt,
        train_files=[
            file for each in written if (each.config, each.split) == (DEFAULT, "train") for file in each.files
        ],
        show=_show,
    )


def list_configs(written: Collection[WrittenSet]) -> list[dict[str, object]]:
    """Return the configurations and the files of their splits, as the hub's metadata has them."""
    configs: dict[str, list[dict[str, str]]] = {}
    for each in written:
        configs.setdefault(each.config, []).append({"split": each.split, "path": f"{each.stem}-*.parquet"})
    return [{"config_name": config, "data_files": splits} for config, splits in configs.items()]


def _spell(licence: str) -> str:
    return "other" if licence == OWN else licence.lower()


def _show(share: float) -> str:
    """Return a share, or a dash where there were no rows to measure it on."""
    return "–" if isnan(share) else f"{share:.2f}"


def _size(n: int) -> str:
    return next((size for limit, size in _SIZES if n < limit), "n>1M")
