"""Times the reward of one step against the released way: one similarity call per synonym and rollout.

    python -m benchmarks.reward --prompts 128 --group 16
    python -m benchmarks.reward --rollouts 8192 --group 4 8 16 32 --names 1500 --threads 2 --released 0

Both use the same embedding, in one process and one run. A prompt hides its category, so that each rollout is answered
with a name: two words of the taxonomy's own phrases, drawn from ``--names`` different ones. Released way: a pair of
texts is embedded for each call and nothing is kept, so its time grows with the rollouts; it is timed on the first
``--released`` of them. Cold: the bank is empty, the embedding is loaded. Warm: the step again. Ratios are of processor
time, which other work on the machine hardly changes.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence

import torch
from omegaconf import OmegaConf

from proguard.naming import NameBank, SimilarityConfig, load_embedder
from proguard.policy import Policy
from proguard.reward.config import STRICT
from proguard.reward.contrast import nearness
from proguard.reward.score import score
from proguard.target import Target
from proguard.taxonomy import Taxonomy, load_taxonomy
from proguard.verdict import Verdict, parse, render

N_SHOWN = 8


def draw_step(
    taxonomy: Taxonomy, *, prompts: int, group: int, n_names: int, rng: random.Random
) -> tuple[list[str], list[Target]]:
    """Return the completions and targets of a step, whose rollouts give ``n_names`` different names at most."""
    codes = taxonomy.codes("subcategory")
    words = sorted({word for node in taxonomy for text in node.synonyms for word in text.split()})
    names = [" ".join(rng.sample(words, 2)) for _ in range(n_names)]
    completions, targets = [], []
    for _ in range(prompts):
        code, *shown = rng.sample(codes, N_SHOWN + 1)
        target = Target("text", True, "unsafe", "safe", code, Policy("subcategory", tuple((c, c) for c in shown)))
        for _ in range(group):
            completions.append(render(Verdict("unsafe", "safe", rng.choice(names), "why")))
            targets.append(target)
    return completions, targets


def score_released(
    completions: Sequence[str], targets: Sequence[Target], taxonomy: Taxonomy, config: SimilarityConfig
) -> list[float]:
    """Return the rewards as the released code computes them, each similarity by a call of its own."""
    embedder = load_embedder(config.backend, config.model, config.revision)
    rewards = []
    for completion, target in zip(completions, targets, strict=True):
        said, node = parse(completion, has_response=True).verdict, taxonomy[target.category]
        cosines = []
        for phrase in (node.name, *node.synonyms):
            a, b = embedder.encode([said.category, phrase], normalize_embeddings=True, show_progress_bar=False)
            cosines.append(float(a @ b))
        rewards.append(2.5 + nearness(max(cosines), sum(cosines) / len(cosines), config) / 2)
    return rewards


def measure(run: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that ``run`` takes, of the clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Parse the command line, time a step of each group size and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--group", type=int, nargs="+", default=[16])
    parser.add_argument("--rollouts", type=int, help="rollouts of a step, instead of --prompts")
    parser.add_argument("--names", type=int, default=500)
    parser.add_argument("--released", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    taxonomy = load_taxonomy("data/taxonomy.yaml")
    config = SimilarityConfig(**OmegaConf.load("conf/similarity/minilm_wheel.yaml"))
    load_embedder(config.backend, config.model, config.revision).encode(["warm up"], show_progress_bar=False)
    for group in options.group:
        prompts = options.rollouts // group if options.rollouts else options.prompts
        rng = random.Random(options.seed)
        step = draw_step(taxonomy, prompts=prompts, group=group, n_names=options.names, rng=rng)
        time_step(*step, NameBank(taxonomy, config), n_released=options.released, title=f"{prompts} x {group}")


def time_step(
    completions: Sequence[str], targets: Sequence[Target], bank: NameBank, *, n_released: int, title: str
) -> None:
    """Print what a step costs the released way, cold and warm."""
    n, released = len(completions), min(n_released, len(completions))
    runs: list[tuple[str, int, Callable[[], object]]] = [
        ("cold", n, lambda: score(completions, targets, bank, STRICT)),
        ("warm", n, lambda: score(completions, targets, bank, STRICT)),
    ]
    if released:
        first = completions[:released], targets[:released]
        runs.insert(0, ("released", released, lambda: score_released(*first, bank.taxonomy, bank.config)))
    reference = None
    for name, rollouts, run in runs:
        wall, processor = measure(run)
        each = processor / rollouts
        reference = reference or (each if name == "released" else None)
        ratio = f"{reference / each:8.1f} x" if reference else ""
        sys.stdout.write(
            f"{title:10} {name:9} {rollouts:6} rollouts {wall:7.2f} s of the clock "
            f"{processor:7.2f} s of the processor {1000 * each:7.3f} ms each {ratio}\n"
        )


if __name__ == "__main__":
    main()
