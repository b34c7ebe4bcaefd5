# ruff: noqa: D102
"""The device "cpu" for verl, which knows CUDA, ROCm and NPU only.

verl imports this module at the end of its own import in every process, before its workers are imported: what
is patched here is what those import by name. Ray still counts GPUs, so `ray.init(num_gpus=1)` gives it a
logical one.
"""

import os
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import verl.utils.distributed
from verl.plugin.platform import PlatformBase, PlatformRegistry


class CpuDevice(types.ModuleType):
    """`torch.cpu`, with the calls of `torch.cuda` that verl makes besides."""

    current_device = staticmethod(lambda: torch.device("cpu"))
    device_count = staticmethod(lambda: 1)
    empty_cache = staticmethod(lambda: None)
    is_available = staticmethod(lambda: False)
    get_device_name = staticmethod(lambda index=None: "cpu")
    get_rng_state = staticmethod(torch.get_rng_state)
    set_rng_state = staticmethod(torch.set_rng_state)
    manual_seed = staticmethod(torch.manual_seed)
    manual_seed_all = staticmethod(torch.manual_seed)
    max_memory_allocated = staticmethod(lambda: 0)
    max_memory_reserved = staticmethod(lambda: 0)
    memory_allocated = staticmethod(lambda: 0)
    memory_reserved = staticmethod(lambda: 0)
    mem_get_info = staticmethod(lambda: (0, 0))
    set_device = staticmethod(lambda index: None)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch.cpu, name)


CPU = CpuDevice("proguard_cpu_device")


@PlatformRegistry.register(platform="cpu")
class CpuPlatform(PlatformBase):
    """The answers that verl asks of a device; each method is described in `PlatformBase`."""

    device_name = "cpu"
    vendor_name = "cpu"
    device_module = CPU

    def is_available(self) -> bool:
        return True

    def is_platform_available(self, use_smi_check: bool = False) -> bool:
        return os.environ.get("VERL_PLATFORM") == "cpu"

    def current_device(self) -> torch.device:
        return torch.device("cpu")

    def device_count(self) -> int:
        return 1

    def set_device(self, device_index: int) -> None:
        pass

    def synchronize(self, device_index: int | None = None) -> None:
        pass

    def manual_seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def manual_seed_all(self, seed: int) -> None:
        torch.manual_seed(seed)

    def set_allocator_settings(self, settings: str) -> None:
        pass

    def empty_cache(self) -> None:
        pass

    def get_device_capability(self, device_index: int = 0) -> tuple[None, None]:
        return None, None

    def communication_backend_name(self) -> str:
        return "gloo"

    def visible_devices_envvar(self) -> str:
        return "CUDA_VISIBLE_DEVICES"

    def ray_resource_name(self) -> str:
        return "GPU"

    def ray_noset_envvars(self) -> list[str]:
        return ["RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES"]

    @contextmanager
    def nvtx_range(self, msg: str) -> Iterator[None]:
        yield

    def profiler_start(self) -> None:
        pass

    def profiler_stop(self) -> None:
        pass

    def is_ipc_supported(self) -> bool:
        return False

    def cudart(self) -> None:
        return None


_initialize_process_group = verl.utils.distributed.initialize_global_process_group_ray


def initialize_process_group(timeout_second: int | None = None, backend: str | None = None) -> None:
    """Start torch.distributed on gloo.

    verl asks for "cpu:gloo" and for "<device>:<backend>"; with the device "cpu" torch refuses the pair as a
    duplicate.
    """
    _initialize_process_group(timeout_second, backend or "cpu:gloo")


verl.utils.distributed.initialize_global_process_group_ray = initialize_process_group
