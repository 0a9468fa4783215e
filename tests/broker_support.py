"""What the broker client's tests share: records as the contract prints them, a scripted line, a clock that obeys."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from brokkr_core.broker import BrokerClient, LiteralPak, Pak, RetryPolicy
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject
from clock_support import ObedientClock

AGENT = "a1a1a1a1-0001-4000-8000-000000000001"
STACK = "5a5a5a5a-0002-4000-8000-000000000002"
GENERATOR = "9e9e9e9e-0003-4000-8000-000000000003"
OBJECT = "d0d0d0d0-0004-4000-8000-000000000004"
EVENT = "e0e0e0e0-0009-4000-8000-000000000009"
OTHER = "0c0c0c0c-000e-4000-8000-00000000000e"

LONG_TOKEN = "7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"
PAK = f"brokkr_BRabcdef_{LONG_TOKEN}"
NEWER_LONG_TOKEN = "8wK7p9Zx6n2n9hr4R1zYXdAt3e5Jo7Lq2"
NEWER_PAK = f"brokkr_BRnewer1_{NEWER_LONG_TOKEN}"

STAMPS: JsonObject = {
    "created_at": "2026-08-01T10:00:00Z",
    "updated_at": "2026-08-02T09:59:55.500120Z",
    "deleted_at": None,
}

AGENT_JSON: JsonObject = {
    "id": AGENT,
    **STAMPS,
    "name": "edge-1",
    "cluster_name": "prod-eu",
    "last_heartbeat": "2026-08-02T09:59:55.500120Z",
    "status": "INACTIVE",
    "k8s_reachable": True,
    "k8s_api_latency_ms": 7,
    "k8s_reported_at": None,
}

STACK_JSON: JsonObject = {
    "id": STACK,
    **STAMPS,
    "name": "web",
    "description": None,
    "generator_id": GENERATOR,
}

GENERATOR_JSON: JsonObject = {
    "id": GENERATOR,
    **STAMPS,
    "name": "ci",
    "description": "pipelines",
    "last_active_at": None,
    "is_active": True,
    "is_system": False,
}

#: The checksum is the real SHA-256 of the text (contract 5.6).
OBJECT_JSON: JsonObject = {
    "id": OBJECT,
    **STAMPS,
    "sequence_id": 42,
    "stack_id": STACK,
    "yaml_content": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n  namespace: default\ndata:\n  a: "1"\n',
    "yaml_checksum": "bcdb7538abfa0c591aa8c1d52ca9095c2ccc9ff64dbf4dce449ea3e1468e694c",
    "submitted_at": "2026-08-02T10:00:00.100000Z",
    "is_deletion_marker": False,
}

EVENT_JSON: JsonObject = {
    "id": EVENT,
    **STAMPS,
    "agent_id": AGENT,
    "deployment_object_id": OBJECT,
    "event_type": "DEPLOY",
    "status": "SUCCESS",
    "message": None,
}

#: One step of a script: an answer, an error to raise, or a function of the request.
Step = Response | BrokerUnreachableError | Callable[[Request], Response]


def ok(value: Json, status: int = 200) -> Response:
    return Response.of_json(status, value)


def no(status: int, code: str, message: str = "no", details: Json = None) -> Response:
    body: JsonObject = {"code": code, "message": message}
    if details is not None:
        body["details"] = details
    return Response.of_json(status, body)


def empty(status: int) -> Response:
    return Response(status=status)


def down(*, sent: bool) -> BrokerUnreachableError:
    return BrokerUnreachableError("the line is down", sent=sent)


class ScriptedTransport:
    """Gives the steps of a script in order and remembers what was asked; the last step is repeated."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.requests: list[Request] = []
        self.timeouts: list[float] = []
        self.closed = False

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self.requests.append(request)
        self.timeouts.append(timeout_seconds)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, BrokerUnreachableError):
            raise step
        return step if isinstance(step, Response) else step(request)

    def close(self) -> None:
        self.closed = True

    @property
    def last(self) -> Request:
        return self.requests[-1]


class ListedPaks:
    """A credential source that gives one PAK after the other and then keeps to the last."""

    def __init__(self, paks: Iterable[str]) -> None:
        self._paks = [Pak(text=text) for text in paks]
        self.asked = 0

    def pak(self) -> Pak:
        self.asked += 1
        return self._paks.pop(0) if len(self._paks) > 1 else self._paks[0]


def client_over(
    transport: ScriptedTransport,
    *,
    clock: ObedientClock | None = None,
    retry: RetryPolicy | None = None,
) -> BrokerClient:
    """Build a client whose waits take no time and whose dice always fall on one half."""
    time = clock or ObedientClock()
    return BrokerClient(
        transport,
        LiteralPak(value=Pak(text=PAK)),
        retry=retry,
        clock=time,
        sleep=time.sleep,
        random=lambda: 0.5,
    )
