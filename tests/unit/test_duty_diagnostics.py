"""Diagnostics: what is told of pods, Events and logs, what never is, and that it stays within the broker's limits."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from brokkr_agent.duties.collect import LOG_BYTES, Collector
from brokkr_agent.duties.redact import LINE_HIDDEN, Redaction, environment_values, secret_values, secrets_of
from brokkr_agent.duties.shapes import event_of, failed_result, newest, pod_status, result_of
from brokkr_core.broker import BODY_LIMIT_BYTES, encode
from brokkr_core.kube import KubeClient, Stream
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of
from brokkr_core.model.work import NewDiagnosticResult
from brokkr_core.testing.cluster import EmbeddedCluster

NOW = datetime(2026, 8, 2, 10, tzinfo=UTC)
VALUE = "correct-horse"
PLAIN = Redaction.of(())


def pod(name: str = "web", *, spec: JsonObject | None = None) -> JsonObject:
    body: JsonObject = {"containers": [{"name": "app", "image": "fine"}], **(spec or {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": body}


SECRETIVE: JsonObject = {
    "volumes": [{"name": "v", "secret": {"secretName": "by-volume"}}],
    "containers": [
        {
            "name": "app",
            "image": "fine",
            "env": [
                {"name": "DB_PASSWORD", "value": "in-the-open"},
                {"name": "MODE", "value": "production"},
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "by-key", "key": "k"}}},
            ],
            "envFrom": [{"secretRef": {"name": "by-source"}}],
        }
    ],
}


def test_values_are_hidden_the_longest_first_and_line_by_line() -> None:
    redaction = Redaction.of(["correct", VALUE, "one line\nanother line", "no"])
    assert redaction.text(f"x {VALUE} y correct z") == "x (hidden) y (hidden) z"
    assert redaction.text("log: another line") == "log: (hidden)"
    assert redaction.text("no is too short to be a secret") == "no is too short to be a secret"
    assert VALUE not in repr(redaction)


def test_a_line_that_tells_a_credential_is_hidden_and_its_neighbours_are_not() -> None:
    text = "starting\npostgres://user:hunter22@db/x\ntoken=abcdef\ndone\n"
    assert PLAIN.text(text) == f"starting\n{LINE_HIDDEN}\n{LINE_HIDDEN}\ndone\n"


def test_where_a_pod_gets_secrets_from() -> None:
    body = pod(spec=SECRETIVE)
    assert set(environment_values(body)) == {"in-the-open"}
    assert secrets_of(body) == {"by-volume", "by-key", "by-source"}
    encoded = base64.b64encode(VALUE.encode()).decode()
    assert set(secret_values({"data": {"k": encoded, "binary": "/w=="}})) == {VALUE, encoded, "/w=="}


def test_the_shapes_are_the_contracts() -> None:
    body = pod()
    waiting: JsonObject = {"waiting": {"reason": "ImagePullBackOff", "message": "back-off"}}
    body["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False", "reason": "R", "message": "M"}],
        "containerStatuses": [{"name": "app", "ready": False, "restartCount": 2, "state": waiting}],
    }
    assert pod_status(body) == {
        "name": "web",
        "namespace": "default",
        "phase": "Pending",
        "conditions": [{"condition_type": "Ready", "status": "False", "reason": "R", "message": "M"}],
        "containers": [
            {
                "name": "app",
                "ready": False,
                "restart_count": 2,
                "state": "Waiting",
                "state_reason": "ImagePullBackOff",
                "state_message": "back-off",
            }
        ],
    }
    assert event_of({})["involved_object"] == "unknown"
    failed = failed_result("no cluster", at=NOW)
    assert (failed.pod_statuses, failed.events, failed.log_tails) == ("[]", '[{"error":"no cluster"}]', None)


def test_of_many_events_the_newest_are_kept() -> None:
    events: list[JsonObject] = [{"lastTimestamp": f"2026-08-02T10:{n // 60:02}:{n % 60:02}Z"} for n in range(200)]
    kept = newest(iter(events))
    assert kept == events[:149:-1]


def test_a_result_fits_whatever_the_pods_say() -> None:
    loud: JsonObject = {"type": "Ready", "status": "False", "message": '"\\\n' * 10_000}
    status: JsonObject = {"conditions": [loud, loud, loud, loud]}
    pods: list[JsonObject] = [{**pod(f"p{number}"), "status": status} for number in range(1000)]
    events: list[JsonObject] = [{"message": '"' * 10_000} for _ in range(2000)]
    logs = {f"p{number}/app": '"\n' * 30_000 for number in range(100)} | {"small/app": "kept"}
    result = result_of(pods, events, logs, redaction=PLAIN, at=NOW)

    tails = json.loads(result.log_tails or "")
    assert len(encode(result)) < BODY_LIMIT_BYTES
    assert len(json.loads(result.pod_statuses)) > 20
    assert tails["small/app"] == "kept"
    assert any(text.startswith("Error: left out") for text in tails.values())


class WithLogs:
    """A cluster's transport that serves logs, which the emulator does not."""

    def __init__(self, cluster: EmbeddedCluster, logs: Mapping[str, str], *, forbidden: str = "") -> None:
        self._inner = cluster.transport()
        self._logs = logs
        self._forbidden = forbidden
        self.asked: list[Mapping[str, str]] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        if request.path.endswith("/log"):
            self.asked.append(request.query)
            return Response.of_text(200, self._logs[request.path.split("/")[-2]])
        if self._forbidden and request.method == "GET" and request.path.endswith(self._forbidden):
            return Response.of_json(403, {"kind": "Status", "reason": "Forbidden", "message": "no", "code": 403})
        return self._inner.send(request, timeout_seconds=timeout_seconds)

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        return self._inner.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        self._inner.close()


def collected(text: str, *, forbidden: str = "") -> tuple[NewDiagnosticResult, WithLogs]:
    """Collect from a pod with a Secret, whose log is a text."""
    with EmbeddedCluster() as cluster:
        transport = WithLogs(cluster, {"web": text}, forbidden=forbidden)
        client = KubeClient(transport)
        secret: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "by-key", "namespace": "default"},
        }
        secret["stringData"] = {"k": VALUE}
        body = pod(spec=SECRETIVE)
        for one in (secret, body):
            client.apply(one, ref_of(one), manager="tests")
        return Collector(cluster=client).collect("x", frozenset({ref_of(body)})), transport


def test_a_log_is_told_without_the_values_of_secrets_and_environment() -> None:
    result, transport = collected(f"using {VALUE} and in-the-open in production\n")
    assert json.loads(result.log_tails or "") == {"web/app": "using (hidden) and (hidden) in production\n"}
    assert transport.asked == [{"container": "app", "tailLines": "100", "limitBytes": str(LOG_BYTES)}]
    assert json.loads(result.pod_statuses)[0]["name"] == "web"


def test_a_log_whose_secrets_cannot_be_known_is_not_told() -> None:
    result, transport = collected(f"using {VALUE}\n", forbidden="/secrets/by-key")
    assert "cannot be read" in json.loads(result.log_tails or "")["web/app"]
    assert VALUE not in (result.log_tails or "")
    assert transport.asked == []


@pytest.mark.parametrize("rest", [VALUE[:-1], "x"])
def test_a_line_that_was_cut_is_left_out(rest: str) -> None:
    text = "a line\n" * (LOG_BYTES // 7)
    text = text[: LOG_BYTES - len(rest) - 7] + "\n" + rest + "y" * 10
    result, _ = collected(text)
    assert rest not in json.loads(result.log_tails or "")["web/app"].rpartition("\n")[2]
