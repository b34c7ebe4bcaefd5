import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from omegaconf import OmegaConf

from proguard.sample import read_samples
from proguard.storage.files import read_json
from tests.fake_endpoint import serve
from tests.stages.scripts import make_config, run_data_stages, run_script, written
from tests.tables import write_samples
from tests.worlds import draw_rows, store_images
from tools.closure import ROOT

pytestmark = pytest.mark.slow

EMBEDDING = {"annotators": [{"name": "label_map"}, {"name": "embedding", "threshold": 0.25}]}
KEY = "sk-planted-0123456789"

RUN = """
import sys
from omegaconf import OmegaConf
from tests.stages.scripts import run_script
run_script("taxonomy_map", OmegaConf.load(sys.argv[1]))
"""


def summary(config):
    return read_json(Path(config.paths.summaries) / "taxonomy_map.json")


def judged(config, url):
    """Return ``config`` with two annotators, the label map and a judge at ``url``, under the prior-filtered rule."""
    judge = {"name": "judge", "kind": "endpoint", "url": url, "model": "m", "key_variable": "PROGUARD_TEST_KEY"}
    judge |= {"hint": True, "max_chars": None, "price": {"prompt": 1.0, "completion": 1.0}}
    runtime = OmegaConf.load(ROOT / "conf" / "runtime.yaml").runtime
    runtime.work = str(Path(config.paths.mapped).parents[1] / "work")
    runtime.endpoint.concurrency = 2
    rule = {"name": "prior_filtered", "min_votes": 2}
    changes = {"taxonomy_map": {"annotators": [{"name": "label_map"}, judge], "rule": rule}, "runtime": runtime}
    return OmegaConf.merge(config, changes)


def repeat_hint(request):
    """Answer with the code that the source gives, but for fraud."""
    words = "".join(part.get("text", "") for part in request["messages"][1]["content"])
    code = words.rpartition("The source calls it: ")[2]
    return "none" if code == "C3S1" else code


def test_taxonomy_map_gives_each_unsafe_sample_its_label_and_keeps_the_votes(tmp_path):
    config = make_config(tmp_path)
    run_data_stages(config)
    samples = read_samples(Path(config.paths.mapped) / "samples.parquet")
    assert all(s.category == s.source_label for s in samples)
    votes = pl.read_parquet(Path(config.paths.mapped) / "votes.parquet")
    assert dict(votes.select("id", "category").rows()) == {s.id: s.category for s in samples if s.is_unsafe}


def test_taxonomy_map_embedding_agrees_with_the_label_map(tmp_path):
    config = make_config(tmp_path, taxonomy_map=EMBEDDING)
    run_data_stages(config)
    agreement = summary(config)["agreement"]["embedding/label_map"]
    assert agreement["n"] > 50
    assert agreement["raw"] > 0.75
    assert summary(config)["alpha"]["subcategory"] == pytest.approx(agreement["kappa"], abs=0.02)


def test_taxonomy_map_with_a_judge_goes_on_after_a_kill_and_keeps_no_key(tmp_path, monkeypatch):
    monkeypatch.setenv("PROGUARD_TEST_KEY", KEY)
    whole, killed = (make_config(tmp_path / name) for name in ("whole", "killed"))
    for config in (whole, killed):
        put_images(config)
    with serve(repeat_hint, seconds=0.02) as server:
        run_script("taxonomy_map", judged(whole, server.url))
        n_whole = len(server.requests)
        killed_after(judged(killed, server.url), tmp_path / "config.yaml", n_lines=20)
        n_killed = len(server.requests) - n_whole
        run_script("taxonomy_map", judged(killed, server.url))
        n_again = len(server.requests) - n_whole - n_killed
    assert 20 <= n_killed < n_whole
    # What was under way at the kill, two requests at most, is asked again.
    assert n_whole <= n_killed + n_again <= n_whole + 2
    assert written(tmp_path / "whole" / "data") == written(tmp_path / "killed" / "data")
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    reasons = summary(whole)["unmapped_by_reason"]
    assert set(reasons) == {"too_few_votes"}  # fraud: the label allows no answer but itself
    tally = summary(whole)["models"]["judge"]
    assert (tally["asked"], tally["none"]) == (n_whole, reasons["too_few_votes"])
    assert tally["prompt_tokens"] == 100 * n_whole


def put_images(config):
    """Put a small mini world, images included, where collect writes."""
    rows, images = draw_rows(240)
    samples = {row.sample.id: row.sample for row in rows}
    write_samples(samples.values(), Path(config.paths.collected) / "samples.parquet")
    store_images(images, Path(config.paths.collected) / "images")


def killed_after(config, file, *, n_lines):
    """Run the stage in a process of its own, and kill it when its journal has ``n_lines``."""
    OmegaConf.save(config, file)
    journal = Path(config.runtime.work) / "taxonomy_map" / "judge.jsonl"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", RUN, str(file)], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= n_lines):
        assert process.poll() is None and time.monotonic() < deadline, "the stage ended before it was killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
