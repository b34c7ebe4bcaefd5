"""Two faults of verl 0.9.1 that the mix of text and image rows meets, on a GPU as on a CPU.

Imported through `actor_rollout_ref.model.external_lib`, alone on a GPU, by `engine` on a CPU. Neither fault has
a message that leads to its cause, so drop this module only with a newer verl and the smoke test green.
"""

import torch
import verl.models.transformers.qwen2_vl as qwen2_vl
import verl.workers.engine.base
import verl.workers.engine_workers
from tensordict import TensorDict
from verl.utils.tensordict_utils import nested_tensor_from_tensor_list

_embed = qwen2_vl._get_input_embeds


def mark_ragged_positions(data: TensorDict) -> None:
    """Make the length the ragged dimension of nested ``position_ids``, which are (4, length) a row.

    verl says dimension 2 whatever the layout (verl/utils/tensordict_utils.py, maybe_fix_3d_position_ids). Where
    all rows have one length, the tensor was nested along dimension 1 and must be built again.
    """
    positions = data.get("position_ids", None)
    if positions is None or not (positions.is_nested and positions.dim() == 3):
        return
    values, offsets = positions.values(), positions.offsets()
    if values.shape == (4, offsets[-1]):
        positions._ragged_idx = 2
        return
    rows = values.reshape(len(offsets) - 1, 4, values.shape[-1])
    data["position_ids"] = nested_tensor_from_tensor_list(list(rows.unbind()))


def embed(
    model: torch.nn.Module,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    pixel_values: torch.Tensor | None = None,
    *args: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the input embeddings of a micro-batch of Qwen2-VL or Qwen2.5-VL, and its mask.

    A micro-batch without an image runs a blank one, so that the vision tower has a gradient (of zero) on every
    rank. There verl takes the tower's output for a tensor, which it no longer is in transformers 5
    (verl/models/transformers/qwen2_vl.py, _get_input_embeds).
    """
    if pixel_values is not None:
        return _embed(model, input_ids, attention_mask, pixel_values, *args)
    vision = model.config.vision_config
    width = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
    embeds = model.get_input_embeddings()(input_ids)
    blank = torch.zeros(16, width, dtype=embeds.dtype, device=embeds.device)
    grid = torch.tensor([[1, 4, 4]], device=embeds.device)
    features, _ = qwen2_vl.unpack_visual_output(model.visual(blank, grid_thw=grid))
    return embeds + 0.0 * features.mean(), attention_mask


verl.workers.engine.base.maybe_fix_3d_position_ids = mark_ragged_positions
verl.workers.engine_workers.maybe_fix_3d_position_ids = mark_ragged_positions
qwen2_vl._get_input_embeds = embed
