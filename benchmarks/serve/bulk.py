"""Rows per second of `proguard moderate --input` against those of the stage predict, on the same rows and policy."""

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.serve.finding import Finding
from proguard.guards.own import Own
from proguard.inference.load import load_engine
from proguard.moderate.bulk import moderate_file
from proguard.moderate.guard import Guard
from proguard.predict.run import ask_all, read_all, run_batches
from proguard.row import Row, make_row
from proguard.storage.journal import open_journal
from tests.worlds import draw_rows, store_images

BATCH_SIZE = 64
REPEATS = 3
MAX_CATEGORIES = 8


def measure_bulk(guard_folder: Path, n: int) -> list[Finding]:
    """Return the findings on ``n`` rows, each way in turn, `REPEATS` times, with one loaded engine."""
    card = Guard.load(guard_folder, batch_size=BATCH_SIZE).card
    engine = load_engine(
        "transformers",
        guard_folder,
        max_new_tokens=card.limits.new_tokens,
        max_prompt_tokens=card.limits.prompt_tokens,
        runtime={"device": "cpu", "threads": 1},
    )
    guard = Guard(engine, card, Guard.load(guard_folder).taxonomy, batch_size=BATCH_SIZE)
    drawn, images = draw_rows(n, split="test")
    # As many as a prompt shows: the stage predict asks about no policy in parts.
    n_shown = min(MAX_CATEGORIES, *(card.max_shown or {}).values())
    policy = guard.policy([node.code for node in guard.taxonomy if node.parent is not None][:n_shown])
    rows = [make_row(r.sample, policy.at(r.policy.level), "free", policy.taxonomy) for r in drawn]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write_input(rows, images, root)
        store = store_images(images, root / "shards")
        bulk, predicted = [], []
        for repeat in range(REPEATS + 1):
            start = time.perf_counter()
            moderate_file(root / "rows.jsonl", root / "out.jsonl", guard, policy)
            bulk.append(len(rows) / (time.perf_counter() - start))
            start = time.perf_counter()
            with open_journal(root / f"predict-{repeat}.jsonl") as journal:
                family = Own(card.prompt)
                asked = ask_all(rows, family, policy.taxonomy)
                answers = run_batches(asked, load=lambda: engine, images=store, batch_size=BATCH_SIZE, journal=journal)
                readings = read_all(rows, family, answers)
            predicted.append(len(rows) / (time.perf_counter() - start))
        said = [json.loads(line) for line in (root / "out.jsonl").read_bytes().splitlines()]
    expected = [readings[row.sample.id] for row in rows]
    n_different = sum(
        (s["request"], s["response"], s["category"]) != (e.request.label, e.response.label, e.category)
        for s, e in zip(said, expected, strict=True)
    )
    bulk, predicted = bulk[1:], predicted[1:]
    ratio = median(bulk) / median(predicted)
    return [
        Finding(
            f"bulk against predict, {len(rows)} rows, {REPEATS} times in turn after one to warm up",
            f"{ratio:.0%}: {_spread(bulk)} against {_spread(predicted)} rows/s; {n_different} verdicts differ",
            ">= 80 %, the same verdicts",
            ratio >= 0.8 and n_different == 0,
        )
    ]


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})"


def _write_input(rows: Sequence[Row], images: Mapping[str, bytes], root: Path) -> None:
    """Write rows as the JSON lines and the images that an application would have."""
    with (root / "rows.jsonl").open("w", encoding="utf-8") as file:
        for index, row in enumerate(rows):
            line = {"request": row.sample.request, "response": row.sample.response}
            if row.sample.image is not None:
                (root / f"{index}.png").write_bytes(images[row.sample.image])
                line["image"] = f"{index}.png"
            file.write(json.dumps(line) + "\n")
