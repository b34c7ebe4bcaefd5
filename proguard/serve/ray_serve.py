"""The same application on Ray Serve: replicas, on one machine or a cluster (extra ``serve``).

    serve run proguard.serve.ray_serve:build guard=/path/to/guard replicas=2 policies=/path/to/policies

A replica takes requests once its guard has given a first answer, and bounds its own queue as `proguard serve` does.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ray import serve
from starlette.applications import Starlette

from proguard.moderate.guard import Guard
from proguard.serve.app import make_app
from proguard.serve.keys import read_keys
from proguard.serve.limits import ServeLimits
from proguard.serve.service import Service

ONGOING = 1000
"""Most requests that Ray hands to a replica at a time: above what the replica's own queue takes, so that it decides."""

CPUS = 1
"""CPUs that Ray reserves for a replica."""


def build(arguments: Mapping[str, Any]) -> serve.Application:
    """Return the application for `serve run`.

    Args:
        arguments: ``guard``, the folder; ``replicas``, ``policies``, ``keys`` (a file), ``engine``, ``dtype`` and
            ``gpus``, for each replica, as they are wanted.
    """
    known = {"guard", "replicas", "policies", "keys", "engine", "dtype", "gpus"}
    if unknown := set(arguments) - known:
        raise ValueError(f"unknown argument {', '.join(sorted(unknown))}: expected {', '.join(sorted(known))}")
    folders = {name: Path(arguments[name]).resolve() for name in ("guard", "policies", "keys") if name in arguments}
    engine, dtype = arguments.get("engine", "transformers"), arguments.get("dtype", "float32")

    def make_service() -> Service:
        return Service(
            lambda: Guard.load(folders["guard"], engine, dtype=dtype),
            policies=folders.get("policies"),
            keys=read_keys(folders.get("keys")),
        )

    return deploy(make_service, replicas=int(arguments.get("replicas", 1)), gpus=float(arguments.get("gpus", 0)))


def deploy(make_service: Callable[[], Service], *, replicas: int, gpus: float = 0) -> serve.Application:
    """Return an application of some replicas, each with a service of its own.

    Args:
        make_service: Makes a replica's service; called in the replica.
        replicas: At least 1.
        gpus: GPUs of a replica.
    """

    def make_replica() -> Starlette:
        service = make_service()
        service.load()
        return make_app(service)

    options = {
        "num_replicas": replicas,
        "max_ongoing_requests": ONGOING,
        "graceful_shutdown_timeout_s": ServeLimits().drain_seconds,
        "ray_actor_options": {"num_cpus": CPUS, "num_gpus": gpus},
    }
    return serve.deployment(name="guard", **options)(serve.ingress(make_replica)()).bind()
