"""From a picture of the agent to the answer of each endpoint: pure, so that an answer costs nobody a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from brokkr_agent.health.component import Component
from brokkr_agent.health.picture import Picture
from brokkr_agent.http.answer import JSON, Answer
from brokkr_agent.http.request import Request
from brokkr_agent.vitals import Vitals, WorkerState
from brokkr_core.model.json import Json, JsonObject

#: The format of Prometheus that upstream's agent announces (contract section 13).
METRICS = "text/plain; version=0.0.4; charset=utf-8"

#: What the WebSocket to the broker is called.
CHANNEL = "broker_ws"

_UP = {True: "up", False: "down", None: "not asked yet"}
_WELL = frozenset({WorkerState.WAITING, WorkerState.WORKING})


def answer_to(asked: Request, picture: Picture) -> Answer:
    """Answer a question about the agent."""
    if asked.method not in ("GET", "HEAD"):
        return Answer(status=405, body=b"Method Not Allowed", headers=(("Allow", "GET, HEAD"),))
    found = PATHS.get(asked.path)
    if found is None:
        return _text(404, f"there is {', '.join(PATHS)}")
    return found(picture, "verbose" in asked.query)


def _healthz(picture: Picture, verbose: bool) -> Answer:
    return _told(200, "OK", picture, verbose=verbose)


def _livez(picture: Picture, verbose: bool) -> Answer:
    if picture.stuck:
        return _told(503, f"stuck: {', '.join(picture.stuck)}", picture, verbose=verbose)
    return _told(200, "OK", picture, verbose=verbose)


def _readyz(picture: Picture, verbose: bool) -> Answer:
    if picture.ready:
        return _told(200, "Ready", picture, verbose=verbose)
    why = "draining" if picture.draining else "Kubernetes API unavailable"
    return _told(503, why, picture, verbose=verbose)


def _health(picture: Picture, verbose: bool) -> Answer:
    broker = picture.broker.up is not False  # as upstream: connected until it turns out otherwise
    cluster = picture.kubernetes.up is True
    kubernetes: JsonObject = {"connected": cluster}
    if not cluster:
        kubernetes["error"] = picture.kubernetes.last_error or _UP[picture.kubernetes.up]
    told: JsonObject = {
        "status": "healthy" if cluster and broker else "unhealthy",
        "kubernetes": kubernetes,
        "broker": {"connected": broker} | _when("last_heartbeat", picture.last_heartbeat),
        "uptime_seconds": picture.uptime_seconds,
        "version": picture.version,
        "timestamp": picture.at.isoformat(),
    }
    if verbose:
        told["components"] = _components(picture)
    body = json.dumps(told).encode()
    return Answer(status=200 if cluster and broker else 503, body=body, content_type=JSON)


def _metrics(picture: Picture, _verbose: bool) -> Answer:
    return Answer(status=200, body=picture.metrics(), content_type=METRICS)


#: Every endpoint there is.
PATHS: Mapping[str, Callable[[Picture, bool], Answer]] = MappingProxyType(
    {"/healthz": _healthz, "/livez": _livez, "/readyz": _readyz, "/health": _health, "/metrics": _metrics}
)


def _text(status: int, text: str) -> Answer:
    return Answer(status=status, body=text.encode())


def _told(status: int, text: str, picture: Picture, *, verbose: bool) -> Answer:
    """Say it in one line, or after a line per component, as a Kubernetes API server does."""
    if not verbose:
        return _text(status, text)
    lines = [_line(name, told) for name, told in _components(picture).items()]
    return _text(status, "\n".join([*lines, text, ""]))


def _line(name: str, told: Json) -> str:
    assert isinstance(told, dict), "a component is told as an object"
    mark = {True: "+", False: "-", None: "?"}[told["up"]]  # type: ignore[index]
    words = [f"{key} {value}" for key, value in told.items() if key != "up"]
    return f"[{mark}] {name}: " + ", ".join(words)


def _components(picture: Picture) -> JsonObject:
    told: JsonObject = {"kubernetes": _component(picture.kubernetes), "broker": _component(picture.broker)}
    if picture.channel is not None:
        told[CHANNEL] = _component(picture.channel)
    return told | {f"worker {one.name}": _worker(one, picture) for one in picture.workers}


def _component(one: Component) -> JsonObject:
    told: JsonObject = {"up": one.up, "state": _UP[one.up]} | _when("since", one.since)
    return told | _ends(one.last_success, one.last_error, one.seconds)


def _worker(one: Vitals, picture: Picture) -> JsonObject:
    state = one.state(picture.now)
    told: JsonObject = {"up": state in _WELL, "state": str(state)}
    if state not in _WELL:
        told["for_seconds"] = round(picture.now - (one.since if one.sign is None else one.sign), 1)
    return told | _ends(one.last_success, one.last_error, one.seconds)


def _ends(success: datetime | None, error: str, seconds: float | None) -> JsonObject:
    told = _when("last_success", success)
    if error:
        told["last_error"] = error.replace("\n", " ")
    if seconds is not None:
        told["latency_seconds"] = round(seconds, 4)
    return told


def _when(name: str, at: datetime | None) -> JsonObject:
    return {} if at is None else {name: at.isoformat()}
