"""What a server counts, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Counters of one server; memory and processor time of the process, where the system tells them."""

    def __init__(self) -> None:
        self.registry = found = CollectorRegistry()
        ProcessCollector(registry=found)
        self.requests = Counter("bertfam_requests", "Answered", ["path", "status"], registry=found)
        self.seconds = Histogram("bertfam_seconds", "Time", ["path"], buckets=SECONDS, registry=found)
        self.open = Gauge("bertfam_open", "Requests that are read or worked on", registry=found)
        self.texts = Counter("bertfam_texts", "Texts, done or failed", ["model", "outcome"], registry=found)
        self.waiting = Gauge("bertfam_waiting", "Texts that wait", ["model"], registry=found)
        self.batch = Histogram("bertfam_batch", "Texts", ["model"], buckets=SIZES, registry=found)
        self.reloads = Counter("bertfam_reloads", "Reloads", ["model", "outcome"], registry=found)
