"""Metrics: counters and gauges of this process for Prometheus. Labels are route templates, codes and words, never values."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
STREAMING = ("/api/v1/events", "/stream", "/api/v1/deliveries")  # how long they take is the caller's wish

# What waits, by its name in `gateway/figures.py`: of one partner, and of all together.
FOR_PARTNER = {
    "unreceipted": "messages that the bus has and the partner has not receipted",
    "unsent": "messages that the bus has not taken",
    "refused": "messages that the partner could not verify or reports as a conflict",
    "mailbox": "messages in the mailbox of a partner that does not read a queue",
}
FOR_ALL = {
    "parked": "messages that cannot be applied and wait for a person",
    "held": "messages that wait for a file, a list version or what was lost",
    "gaps": "messages that wait for a missing number",
    "unapplied": "messages that are stored and not looked at",
    "quarantined": "messages that could not be verified and nobody has looked at",
    "conflicts": "messages that contradict what is stored and nobody has looked at",
    "audit_unsealed": "audit lines under no signed root",
}
AGELESS = frozenset({"refused"})


class Metrics:
    """What this process counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "tongban_http_requests", "requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "tongban_http_request_seconds", "time to answer", ("route",), buckets=SECONDS, registry=self.registry
        )
        self.class_seconds = Histogram(
            "tongban_http_class_seconds",
            "time to answer, by kind of caller; streams and long polls are left out",
            ("kind",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.tokens = Counter("tongban_tokens", "tokens asked for", ("outcome",), registry=self.registry)
        self.streams = Gauge("tongban_streams_open", "event streams open", ("kind",), registry=self.registry)
        self.messages_in = Counter(
            "tongban_messages_in", "messages from partners", ("partner", "outcome"), registry=self.registry
        )
        self._of_the_post()
        self._of_the_house()

    def _of_the_post(self) -> None:
        self.waiting_for = {name: self._gauge(f"partner_{name}", says, "partner") for name, says in FOR_PARTNER.items()}
        self.oldest_for = {
            name: self._gauge(f"partner_{name}_oldest_seconds", f"age of the oldest: {says}", "partner")
            for name, says in FOR_PARTNER.items()
            if name not in AGELESS
        }
        self.waiting = {name: self._gauge(name, says) for name, says in FOR_ALL.items()}
        self.oldest = {
            name: self._gauge(f"{name}_oldest_seconds", f"age of the oldest: {says}") for name, says in FOR_ALL.items()
        }
        self.overdue = self._gauge("deadlines_overdue", "legs with a running limit that has passed")

    def _of_the_house(self) -> None:
        self.bus_up = self._gauge("bus_up", "1 while the bus takes and gives, 0 while it is degraded")
        self.database_up = self._gauge("database_up", "1 when the database answered the last time it was asked")
        self.lease = self._gauge("loops_lease", "1 in the process whose loops run")
        self.loop_failures = self._gauge("loop_failures", "passes of a loop that failed since the start", "loop")
        self.loop_failing = self._gauge("loop_failing", "passes of a loop that failed one after another", "loop")
        self.loop_success = self._gauge("loop_success_timestamp_seconds", "when a loop last got through", "loop")
        self.loop_lag = self._gauge("event_loop_lag_seconds", "the highest of the last half minute")
        self.pool_most = self._gauge("database_pool_size", "connections that the pool may have")
        self.pool_used = self._gauge("database_pool_used", "connections of the pool that are in use")
        self.pool_waiting = self._gauge("database_pool_waiting", "requests that wait for a connection")
        self.disk_free = self._gauge("data_free_bytes", "free on the disk of the data folder")
        self.disk_size = self._gauge("data_size_bytes", "size of the disk of the data folder")

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"tongban_{name}", says, labels, registry=self.registry)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests.labels(method, route, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)
        if not route.endswith(STREAMING):
            self.class_seconds.labels(_kind(route)).observe(seconds)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self.registry)


def _kind(route: str) -> str:
    """Who asks: `partner` systems, other programs by the `api`, `health` and scrapes, people at a `page`, `static` parts."""
    if route.startswith(("/api/v1/messages", "/api/v1/deliveries", "/api/v1/attachments")):
        return "partner"
    if route.startswith(("/api/", "/.well-known/")):
        return "api"
    if route in ("/healthz", "/readyz", "/metrics"):
        return "health"
    return "static" if route.startswith("/static") else "page"
