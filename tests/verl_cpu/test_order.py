import pytest
import torch
from tensordict import TensorDict
from verl.utils.seqlen_balancing import get_seqlen_balanced_partitions

from proguard.verl_cpu.order import OrderedReplayBuffer, RowNumbers, in_order, split_evenly


def test_row_numbers_sort_in_the_order_of_drawing():
    numbers = RowNumbers()
    drawn = [numbers.uuid4() for _ in range(12)]
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 12


def test_in_order_sorts_by_row_then_session():
    # As text "10" would stand before "2".
    keys = ["000000000001_0_0", "000000000000_10_0", "000000000000_2_0"]
    assert in_order(keys) == [2, 1, 0]


@pytest.mark.parametrize("n_parts", [1, 2, 3])
def test_split_evenly_is_what_verl_finds(n_parts: int):
    lengths = [40, 7, 93, 12, 12, 55]
    assert split_evenly(lengths, n_parts, True) == get_seqlen_balanced_partitions(lengths, n_parts, True)


def test_failed_rollouts_stop_the_trainer():
    buffer = OrderedReplayBuffer.__new__(OrderedReplayBuffer)
    buffer.failure_keys = {"train": {"000000000001", "000000000009"}}
    # Row 9 is of another batch.
    with pytest.raises(RuntimeError, match="1 of 4 rows have a rollout or a reward that failed"):
        buffer._select_prompt_uids("train", {"000000000000", "000000000001"}, 4)


@pytest.mark.parametrize("lengths", [(3, 5), (4, 4), (4,)])
def test_mark_ragged_positions_any_lengths_gives_the_rows_back(lengths: tuple[int, ...]):
    from proguard.verl_cpu.fixes import mark_ragged_positions

    rows = [torch.arange(4 * length).reshape(4, length) for length in lengths]
    # Rows of one length come nested along dimension 1, which is what the queue hands out.
    nested = torch.nested.as_nested_tensor(rows, layout=torch.jagged)
    data = TensorDict({"position_ids": nested}, batch_size=len(rows))
    mark_ragged_positions(data)
    assert data["position_ids"]._ragged_idx == 2
    for row, got in zip(rows, data["position_ids"].unbind(), strict=True):
        assert torch.equal(row, got)
