"""Where a killed training goes on: the last checkpoint that no rollout is missing for."""

import pytest

from proguard.rl_train.config import TrainingFiles
from proguard.rl_train.train import _rewind
from tests.rl_train.test_overrides import CONFIG


@pytest.mark.parametrize(
    ("whole", "checkpoints", "goes_on_after"),
    [
        ([1, 2, 3], [2], 2),  # killed between checkpoints: step 3 is done again
        ([1], [1, 2], 1),  # killed between the checkpoint of step 2 and its rollouts
        ([], [1], 0),  # nothing to go on from
        ([1, 2], [], 0),
    ],
)
def test_rewind(whole, checkpoints, goes_on_after, tmp_path):
    files = TrainingFiles(tmp_path, tmp_path, tmp_path, tmp_path)
    files.rollouts.mkdir()
    for step in whole:
        lines = CONFIG.batch_size * CONFIG.group_size
        (files.rollouts / f"{step}.jsonl").write_text("{}\n" * lines)
    (files.rollouts / f"{len(whole) + 1}.jsonl").write_text("{}\n")
    for step in checkpoints:
        (files.checkpoints / f"global_step_{step}").mkdir(parents=True)
        (files.checkpoints / "latest_checkpointed_iteration.txt").write_text(str(step))
    _rewind(CONFIG, files)
    latest = files.checkpoints / "latest_checkpointed_iteration.txt"
    assert (int(latest.read_text()) if latest.exists() else 0) == goes_on_after
    assert sorted(int(f.stem) for f in files.rollouts.glob("*")) == [s for s in whole if s <= goes_on_after]
