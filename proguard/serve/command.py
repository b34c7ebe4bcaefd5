"""`proguard serve`: the guard behind HTTP, on this machine or for others.

proguard serve
proguard serve --port 9000 --guard data/guards/proguard --policies policies/
PROGUARD_API_KEYS=... proguard serve --host 0.0.0.0
proguard serve --engine endpoint --endpoint http://localhost:8001/v1      in front of vllm serve

A server that others can reach needs keys: PROGUARD_API_KEYS, separated by commas, or --keys, one a line.
"""

import argparse
import logging
import math
import os
from ipaddress import ip_address
from pathlib import Path

from proguard.moderate.engine_options import add_engine_arguments, check_engine_arguments, load_guard

SUMMARY = "serve the guard over HTTP"

MAX_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--name", default="proguard", help="model name in answers (default: %(default)s)")
    parser.add_argument("--policies", type=Path, help="folder of policy files, named in a request by `policy`")
    parser.add_argument("--keys", type=Path, help="file with API keys, one a line")
    parser.add_argument(
        "--queue-seconds", type=float, default=2.0, help="refuse what would wait longer (default: %(default)s)"
    )
    parser.add_argument(
        "--remote-images",
        action="store_true",
        help="fetch images behind http(s) addresses of the public net; without it only data URLs are taken",
    )
    add_engine_arguments(parser, batch_size=32)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; end the process with 0 after what was accepted is answered.

    Raises:
        ValueError, FileNotFoundError: When the options or the guard's folder are not usable.
    """
    from proguard.guard_folder import open_guard
    from proguard.serve.keys import read_keys
    from proguard.serve.limits import ServeLimits
    from proguard.serve.remote import make_fetch
    from proguard.serve.server import serve
    from proguard.serve.service import Service

    check_engine_arguments(options)
    check_arguments(options)
    keys = read_keys(options.keys)
    if not keys and not is_loopback(options.host):
        raise ValueError(f"--host {options.host}: others can reach it, so it needs keys: PROGUARD_API_KEYS or --keys")
    limits = ServeLimits(queue_seconds=options.queue_seconds, batch_prompts=options.batch_size)
    open_guard(options.guard)
    service = Service(
        lambda: load_guard(options, own_process=True),
        name=options.name,
        policies=options.policies,
        limits=limits,
        keys=keys,
        fetch=make_fetch(max_bytes=limits.image_bytes) if options.remote_images else None,
    )
    serve(service, host=options.host, port=options.port)
    # Nothing is left to write, and to take the engine's libraries apart costs two seconds of CPU.
    logging.shutdown()
    os._exit(0)


def check_arguments(options: argparse.Namespace) -> None:
    """Raise ``ValueError`` for an option that cannot be served with, before weights are loaded."""
    if not 0 <= options.port <= MAX_PORT:
        raise ValueError(f"--port: expected a number from 0 to {MAX_PORT}, found {options.port}")
    if not 0 < options.queue_seconds < math.inf:
        raise ValueError(f"--queue-seconds: expected a number above 0, found {options.queue_seconds}")
    if not options.name.strip():
        raise ValueError("--name: expected a name, found none")
    if options.policies is not None and not options.policies.is_dir():
        raise ValueError(f"--policies {options.policies}: no such folder")


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
