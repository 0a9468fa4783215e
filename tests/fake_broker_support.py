"""A small client for contract tests, and the ways to reach a broker: in process, over HTTP, a real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPSConnection
from itertools import count
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from attrs import frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_object, as_text
from brokkr_core.testing.broker import ManualClock

API = "/api/v1"
UNKNOWN_ID = "ffffffff-0000-4000-8000-00000000000f"
CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n  namespace: default\ndata:\n  a: "1"\n'

_numbers = count()


@frozen(kw_only=True)
class Reply:
    """An answer with its body read in the ways tests need."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        assert self.headers.get("content-type", "").startswith("application/json"), self
        value: Json = json.loads(self.body)
        return value

    @property
    def members(self) -> JsonObject:
        value = self.json
        assert isinstance(value, dict), value
        return value

    @property
    def items(self) -> list[JsonObject]:
        value = self.json
        assert isinstance(value, list), value
        return [as_object(item) for item in value]

    @property
    def code(self) -> str:
        return as_text(self.members["code"])

    @property
    def is_text(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/plain") and bool(self.body)


class Door:
    """Calls a broker; what is not said otherwise is asked by the admin.

    Args:
        send: carries a request.
        admin_pak: the PAK of the admin role.
        clock: the broker's clock, if it can be moved.
    """

    def __init__(self, send: Callable[[Request], Response], admin_pak: str, clock: ManualClock | None = None) -> None:
        self._send = send
        self.admin_pak = admin_pak
        self._clock = clock

    def send(self, request: Request) -> Reply:
        """Carry a request as it stands, without credentials of ours."""
        answer = self._send(request)
        return Reply(status=answer.status, headers=answer.headers, body=answer.body)

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        pak: str = "",
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call a path below ``/api/v1`` with a JSON body, or with raw bytes and their own headers."""
        said = {"authorization": f"Bearer {pak or self.admin_pak}"}
        content = raw or b""
        if body is not None:
            said["content-type"] = "application/json"
            content = json.dumps(body).encode()
        return self.send(
            Request(
                method=method,
                path=f"{API}{path}",
                query=query or {},
                headers={**said, **(headers or {})},
                body=content,
            )
        )

    def get(self, path: str, *, pak: str = "", query: Mapping[str, str] | None = None) -> Reply:
        return self.call("GET", path, pak=pak, query=query)

    def post(self, path: str, body: Json = None, *, pak: str = "") -> Reply:
        return self.call("POST", path, body, pak=pak)

    def delete(self, path: str, body: Json = None, *, pak: str = "") -> Reply:
        return self.call("DELETE", path, body, pak=pak)

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass on the broker, or skip the test where that cannot be done."""
        if self._clock is None:
            pytest.skip("a real broker's clock does not jump")
        self._clock.advance(seconds + days * 86_400)


def over_http(root_url: str) -> Callable[[Request], Response]:
    """Return what carries requests to a broker at an address, one connection each, the path untouched."""
    parts = urlsplit(root_url)
    connection_type = HTTPSConnection if parts.scheme == "https" else HTTPConnection

    def send(request: Request) -> Response:
        connection = connection_type(parts.netloc, timeout=30)
        try:
            query = urlencode(request.query)
            target = f"{request.path}?{query}" if query else request.path
            connection.request(request.method, target, request.body or None, dict(request.headers))
            answer = connection.getresponse()
            return Response(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())
        finally:
            connection.close()

    return send


@frozen(kw_only=True)
class Served:
    """A broker with an address."""

    url: str
    door: Door


@frozen(kw_only=True)
class Member:
    """An agent or a generator with its PAK."""

    id: str
    pak: str
    name: str
    cluster_name: str = ""


def unique(word: str) -> str:
    """Return a name that collides with nothing an earlier run left on a real broker."""
    return f"{word}-{next(_numbers)}-{uuid4().hex[:8]}"


def new_generator(door: Door) -> Member:
    name = unique("generator")
    made = door.post("/generators", {"name": name}).members
    return Member(id=id_of(as_object(made["generator"])), pak=as_text(made["pak"]), name=name)


def new_agent(door: Door, *generators: Member) -> Member:
    name, cluster = unique("agent"), unique("cluster")
    body: JsonObject = {"name": name, "cluster_name": cluster, "generator_ids": [one.id for one in generators]}
    made = door.post("/agents", body).members
    agent_id, pak = id_of(as_object(made["agent"])), as_text(made["initial_pak"])
    return Member(id=agent_id, pak=pak, name=name, cluster_name=cluster)


def new_stack(door: Door, generator: Member) -> str:
    body: JsonObject = {"name": unique("stack"), "description": None, "generator_id": generator.id}
    return id_of(door.post("/stacks", body).members)


def new_object(door: Door, stack_id: str, yaml_content: str = CONFIG_MAP, *, marker: bool = False) -> str:
    body: JsonObject = {"yaml_content": yaml_content, "is_deletion_marker": marker}
    return id_of(door.post(f"/stacks/{stack_id}/deployment-objects", body).members)


def give(door: Door, agent: Member, stack_id: str) -> Reply:
    """Make a stack an explicit target of an agent."""
    return door.post(f"/agents/{agent.id}/targets", {"agent_id": agent.id, "stack_id": stack_id})


def report(door: Door, agent: Member, object_id: str, status: str = "SUCCESS") -> Reply:
    """Post a terminal event, as the agent does."""
    body: JsonObject = {
        "agent_id": agent.id,
        "deployment_object_id": object_id,
        "event_type": "DEPLOY",
        "status": status,
        "message": None,
    }
    return door.post(f"/agents/{agent.id}/events", body, pak=agent.pak)


def offered(door: Door, agent: Member, mode: str | None = None) -> list[str]:
    """Return the ids of an agent's target state, in the order of the answer."""
    query = {} if mode is None else {"mode": mode}
    answer = door.get(f"/agents/{agent.id}/target-state", pak=agent.pak, query=query)
    assert answer.status == 200, answer
    return [id_of(item) for item in answer.items]


def id_of(record: JsonObject) -> str:
    text = record["id"]
    assert isinstance(text, str)
    return text
