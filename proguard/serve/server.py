"""The process: uvicorn around the application, stopped by SIGTERM or SIGINT once what was accepted is answered."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from proguard.serve.app import make_app
from proguard.serve.service import Service

KEEP_ALIVE_SECONDS = 75
"""After which an idle connection is closed: later than clients and load balancers do it, so that a request and the
closing do not cross."""


class _Server(uvicorn.Server):
    """A server whose signals are handled by `serve`; uvicorn would raise them again and end with their code."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def serve(service: Service, *, host: str, port: int) -> None:
    """Serve until a signal comes, and return after what was accepted is answered.

    Raises:
        ValueError: When the guard cannot be loaded.
        OSError: When the address is taken, or is none of this machine.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        asyncio.run(_serve(service, host, port))
    except SystemExit as error:  # How uvicorn ends when it cannot listen, after it logged why.
        raise OSError(
            f"--host {host} --port {port}: cannot be listened on, the log says why; choose another"
        ) from error
    if service.failure is not None:
        raise ValueError(str(service.failure)) from service.failure


async def _serve(service: Service, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        service.is_draining = True
        server.should_exit = True
        loop.call_later(service.limits.drain_seconds, service.give_up)

    def stop_from_thread() -> None:
        loop.call_soon_threadsafe(stop)

    config = uvicorn.Config(
        make_app(service, on_failure=stop_from_thread),
        host=host,
        port=port,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=round(service.limits.drain_seconds) + 1,
    )
    server = _Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
