"""Training rows as verl reads them: parquet with a prompt, its image, and what the reward looks at.

Source: row fields of verl 0.9.1, verl/utils/dataset/rl_dataset.py.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proguard.policy import Policy
from proguard.prompt import PromptFormat, render_prompt
from proguard.rl_train.fit import Kept, PromptLimit
from proguard.row import Row
from proguard.storage.files import atomic_file
from proguard.storage.images import ImageStore
from proguard.target import Target
from proguard.taxonomy import Taxonomy

DATA_SOURCE = "proguard"


def write_verl_rows(
    rows: Sequence[Row],
    path: Path,
    *,
    taxonomy: Taxonomy,
    prompt: PromptFormat,
    images: ImageStore,
    limit: PromptLimit,
) -> Kept:
    """Write one verl row per row of ours that fits, in order; return how many do.

    Rows without an image have an empty list of images.

    Raises:
        ValueError: When more rows than ``limit`` allows do not fit.
    """
    from datasets import Dataset, Features, Image, List, Value

    features = Features(
        {
            "data_source": Value("string"),
            "prompt": List({"role": Value("string"), "content": Value("string")}),
            "images": List(Image()),
            "ability": Value("string"),
            "reward_model": {"style": Value("string"), "ground_truth": Value("string")},
            "extra_info": {"index": Value("int64"), "id": Value("string")},
        }
    )
    content = images.read(r.sample.image for r in rows if r.sample.image is not None)
    records: list[dict[str, Any]] = [
        {
            "data_source": DATA_SOURCE,
            "prompt": render_prompt(row.sample, row.policy, taxonomy, prompt),
            "images": [{"bytes": content[row.sample.image], "path": None}] if row.sample.image else [],
            "ability": row.sample.modality,
            "reward_model": {"style": "rule", "ground_truth": truth_to_json(row)},
            "extra_info": {"index": index, "id": row.sample.id},
        }
        for index, row in enumerate(rows)
    ]
    reasons = [limit.why_not(r["prompt"], r["images"][0]["bytes"] if r["images"] else None) for r in records]
    kept = Kept(len(records), Counter(reason for reason in reasons if reason is not None))
    limit.check_share(kept)
    fitting = [record for record, reason in zip(records, reasons, strict=True) if reason is None]
    with atomic_file(path) as temporary:
        Dataset.from_list(fitting, features=features).to_parquet(temporary)
    return kept


def truth_to_json(row: Row) -> str:
    """Return what the reward needs, and which row it is, as one line, for verl's ``ground_truth``."""
    target = row.target
    content: dict[str, Any] = {
        "id": row.sample.id,
        "role": row.role,
        "modality": target.modality,
        "has_response": target.has_response,
        "request_label": target.request_label,
        "response_label": target.response_label,
        "category": target.category,
        "policy": target.policy.to_json(),
    }
    return json.dumps(content)


def target_from_json(text: str) -> Target:
    """Return the target of what `truth_to_json` wrote."""
    content = json.loads(text)
    fields = {name: content[name] for name in Target.__dataclass_fields__}
    return Target(**{**fields, "policy": Policy.from_json(content["policy"])})
