"""Times a step's rollouts, ours against `transformers.generate`, in turn on the same prompts.

python -m benchmarks.rollouts
"""

import statistics
import sys
import time
from collections.abc import Sequence

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from proguard.prompt import PromptFormat, chat_messages, render_prompt
from proguard.storage.image import decode_image
from proguard.verl_cpu.generation import complete
from proguard.verl_cpu.sampling import Rollout, Sampling, image_digest
from tests.worlds import draw_rows, taxonomy
from tools.closure import ROOT

N_PROMPTS, GROUP_SIZE, MAX_TOKENS, REPEATS = 16, 8, 48, 7


def main() -> None:
    """Print the median, the spread and the ratio."""
    seconds = time_rollouts(["ours", "generate"], repeats=REPEATS)
    for name, values in seconds.items():
        sys.stdout.write(f"{name}: median {statistics.median(values):.2f} s, {min(values):.2f} to {max(values):.2f}\n")
    ratio = statistics.median(seconds["generate"]) / statistics.median(seconds["ours"])
    sys.stdout.write(f"generate / ours: {ratio:.1f}\n")


def time_rollouts(names: Sequence[str], *, repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each repeat of ``ours`` and ``generate``, in turn, after one that is not counted."""
    torch.set_num_threads(1)
    folder = ROOT / "data" / "tiny_base"
    model = AutoModelForImageTextToText.from_pretrained(folder, attn_implementation="sdpa").eval()
    processor = AutoProcessor.from_pretrained(folder)
    processor.tokenizer.padding_side = "left"
    rows, contents = draw_rows(48)
    rows = rows[::3][:N_PROMPTS]
    texts, images = [], []
    for row in rows:
        messages = chat_messages(render_prompt(row.sample, row.policy, taxonomy(), PromptFormat("compact")))
        texts.append(processor.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        content = contents.get(row.sample.image)
        images.append((decode_image(content).pixels,) if content else ())
    banned = (model.config.image_token_id, model.config.video_token_id, model.config.vision_start_token_id)
    eos, pad = processor.tokenizer.eos_token_id, processor.tokenizer.pad_token_id
    sampling = Sampling(
        seed=0, temperature=1.0, top_p=1.0, max_tokens=MAX_TOKENS, eos_ids=(eos,), pad_id=pad, banned_ids=banned
    )

    def ours(step: int) -> None:
        rollouts = []
        for text, row_images in zip(texts, images, strict=True):
            ids = processor(text=[text], images=list(row_images) or None)["input_ids"][0]
            digests = tuple(image_digest(image) for image in row_images)
            rollouts += [Rollout(tuple(ids), row_images, digests, step=step, session=s) for s in range(GROUP_SIZE)]
        complete(model, processor.image_processor, rollouts, sampling, rows=N_PROMPTS * GROUP_SIZE)

    def theirs(step: int) -> None:
        flat = [image for row_images in images for image in row_images]
        inputs = processor(text=texts, images=flat or None, padding=True, return_tensors="pt")
        torch.manual_seed(step)
        with torch.inference_mode():
            model.generate(
                **inputs, max_new_tokens=MAX_TOKENS, do_sample=True, num_return_sequences=GROUP_SIZE,
                suppress_tokens=list(banned),
            )  # fmt: skip

    run = {"ours": ours, "generate": theirs}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for step in range(repeats + 1):
        for name in names:
            start = time.perf_counter()
            run[name](step)
            if step:
                seconds[name].append(time.perf_counter() - start)
    return seconds


if __name__ == "__main__":
    main()
