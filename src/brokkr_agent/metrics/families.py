"""What is counted as it happens: every family with its name, its help and its labels, in one place.

Labels hold words of closed sets only. Upstream's names and buckets are kept (contract section 13).
"""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from brokkr_agent.lines import TARGET_STATE, Heard, Side
from brokkr_agent.verdicts import Attempt

PREFIX = "brokkr_agent_"
POLL_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OPERATION_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DEPLOYMENT_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)

#: Statuses that are told one by one; of others only the hundred is.
_STATUSES = frozenset({200, 201, 204, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504})


def code_of(heard: Heard) -> str:
    """Return how a request ended as one of a few words: a status, its hundred, or ``none`` without an answer."""
    if heard.status is None:
        return "none"
    return str(heard.status) if heard.status in _STATUSES else f"{heard.status // 100}xx"


def result_of(attempt: Attempt) -> str:
    """Return how an attempt ended, as one word.

    ``success``; ``failure`` when objects failed; ``refused`` by the preflight, with nothing written; ``error`` when
    there was no run at all, because the revision could not be read or the cluster not be asked.
    """
    if attempt.ok:
        return "success"
    if attempt.report is None:
        return "error"
    return "failure" if attempt.report.begun else "refused"


class Families:
    """Counters and histograms.

    Args:
        registry: where they are collected.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(PREFIX + name, told, labels, registry=registry)

        def histogram(name: str, told: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(PREFIX + name, told, labels, registry=registry, buckets=buckets)

        self.polls = counter("poll_requests", "Requests for the target state.", "status")
        self.poll_seconds = histogram(
            "poll_duration_seconds", "How long a request for the target state took.", buckets=POLL_BUCKETS
        )
        self.operations = counter("kubernetes_operations", "Requests to the Kubernetes API.", "operation")
        self.operation_seconds = histogram(
            "kubernetes_operation_duration_seconds",
            "How long a request to the Kubernetes API took.",
            "operation",
            buckets=OPERATION_BUCKETS,
        )
        self.operation_errors = counter(
            "kubernetes_request_errors", "Requests to the Kubernetes API that were not granted.", "operation", "code"
        )
        self.heartbeats = counter("heartbeat_sent", "Heartbeats sent, those that failed included.")
        self.last_poll = Gauge(
            PREFIX + "last_successful_poll_timestamp",
            "When the broker last took a heartbeat, in seconds since 1970.",
            registry=registry,
        )
        self.broker_requests = counter("broker_requests", "Requests to the broker.", "endpoint", "code")
        self.broker_seconds = histogram(
            "broker_request_duration_seconds",
            "How long a request to the broker took.",
            "endpoint",
            buckets=POLL_BUCKETS,
        )
        self.kubernetes_retries = counter("kubernetes_retries", "Requests to the Kubernetes API sent again.")
        self.deployments = counter("deployments", "Attempts at a revision, by how they ended.", "result")
        self.deployment_seconds = histogram(
            "deployment_duration_seconds",
            "How long a phase of an attempt took.",
            "phase",
            "result",
            buckets=DEPLOYMENT_BUCKETS,
        )
        self.resources = counter("resources", "Objects that came to their end, by what became of them.", "action")
        self.rollbacks = counter("rollbacks", "Rollbacks, by their verdict.", "verdict")

    def hear(self, heard: Heard) -> None:
        """Count one try of a request."""
        if heard.side is Side.BROKER:
            self._hear_broker(heard)
        else:
            self._hear_cluster(heard)

    def ended(self, attempt: Attempt) -> None:
        """Count one attempt."""
        self.deployments.labels(result_of(attempt)).inc()

    def _hear_broker(self, heard: Heard) -> None:
        self.broker_requests.labels(heard.kind, code_of(heard)).inc()
        self.broker_seconds.labels(heard.kind).observe(heard.seconds)
        if heard.kind == TARGET_STATE:
            self.polls.labels("success" if heard.good else "error").inc()
            self.poll_seconds.observe(heard.seconds)
        if heard.kind == "heartbeat":
            self.heartbeats.inc()
            if heard.good:
                self.last_poll.set(time.time())

    def _hear_cluster(self, heard: Heard) -> None:
        self.operations.labels(heard.kind).inc()
        self.operation_seconds.labels(heard.kind).observe(heard.seconds)
        if not heard.good:
            self.operation_errors.labels(heard.kind, code_of(heard)).inc()
        if heard.again:
            self.kubernetes_retries.inc()
