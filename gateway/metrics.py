"""Metrics: counters and gauges of this process for Prometheus. Labels are route templates, codes and words, never values."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


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
        self.tokens = Counter("tongban_tokens", "tokens asked for", ("outcome",), registry=self.registry)
        self.streams = Gauge("tongban_streams_open", "event streams open", ("kind",), registry=self.registry)
        self.messages_in = Counter(
            "tongban_messages_in", "messages from partners", ("partner", "outcome"), registry=self.registry
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests.labels(method, route, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Everything, in the text format."""
        return generate_latest(self.registry)
