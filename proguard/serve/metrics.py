"""Prometheus metrics. No label holds content, a policy or a key."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from proguard.moderate.outcome import Outcome

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Counter("proguard_requests", "Requests.", ["route", "status"], registry=r)
        self.verdicts = Counter("proguard_verdicts", "Outcomes.", ["modality", "outcome"], registry=r)
        self.rejected = Counter("proguard_rejected", "Requests without an outcome.", ["reason"], registry=r)
        self.seconds = Histogram(
            "proguard_request_seconds", "Time of a request.", ["route"], buckets=_SECONDS, registry=r
        )
        self.engine_seconds = Histogram("proguard_engine_seconds", "Time of a batch.", buckets=_SECONDS, registry=r)
        self.batch_size = Histogram("proguard_batch_size", "Prompts.", buckets=(1, 2, 4, 8, 16, 32, 64), registry=r)
        self.queue_depth = Gauge("proguard_queue_depth", "Prompts that wait.", registry=r)
        self.info = Info("proguard", "Guard and hashes.", registry=r)

    def on_batch(self, size: int, seconds: float) -> None:
        """Count one batch of the engine."""
        self.batch_size.observe(size)
        self.engine_seconds.observe(seconds)

    def on_request(self, route: str, status: int, seconds: float, code: str | None) -> None:
        """Count one request; ``code`` is that of its error."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
        if code is not None:
            self.rejected.labels(code).inc()

    def on_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes by modality and kind."""
        for outcome in outcomes:
            self.verdicts.labels(_modality(outcome), _kind(outcome)).inc()

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)


def _modality(outcome: Outcome) -> str:
    has_image = any(name.startswith("image") for name in outcome.covered)
    has_text = any(name in outcome.covered for name in ("request", "response"))
    return "text_image" if has_image and has_text else "image" if has_image else "text" if has_text else "none"


def _kind(outcome: Outcome) -> str:
    if outcome.status != "ok":
        return outcome.status
    return "safe" if not outcome.flagged else "unsafe_listed" if outcome.in_policy else "unsafe_named"
