"""A small client for the cluster contract, and the ways to reach a cluster: in process, over HTTP, a real one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from itertools import count
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from attrs import frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

REAL_KUBECONFIG = os.environ.get("BROKKR_TEST_KUBECONFIG", "")

_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "StorageClass": "storageclasses"}
_CLUSTER_SCOPED = frozenset({"ClusterRole", "CustomResourceDefinition", "Namespace", "PriorityClass", "StorageClass"})
_numbers = count(1)
_RUN = f"{os.getpid():x}{int(time.time()):x}"[-9:]


def unique(prefix: str) -> str:
    """Return a name no other test uses, on a shared cluster too."""
    return f"{prefix}-{_RUN}-{next(_numbers)}" if REAL_KUBECONFIG else f"{prefix}-{next(_numbers)}"


@frozen(kw_only=True)
class Reply:
    """An answer with its body read in the ways tests need."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> JsonObject:
        value: Json = json.loads(self.text)
        assert isinstance(value, dict), value
        return value

    def get(self, *path: str) -> Json:
        return dig(self.body, *path)

    @property
    def version(self) -> str:
        return as_text(self.get("metadata", "resourceVersion"))

    @property
    def uid(self) -> str:
        return as_text(self.get("metadata", "uid"))

    @property
    def names(self) -> list[str]:
        return [as_text(dig(item, "metadata", "name")) for item in as_list(self.get("items"))]

    @property
    def message(self) -> str:
        return as_text(self.get("message"))

    @property
    def reason(self) -> str:
        return as_text(self.get("reason"))

    @property
    def causes(self) -> list[tuple[str, str]]:
        """Reason and field of every cause."""
        found = as_list(self.get("details", "causes"))
        return [(as_text(dig(cause, "reason")), as_text(dig(cause, "field"))) for cause in found]

    @property
    def events(self) -> list[tuple[str, str]]:
        """Type and object name of every watch event."""
        lines = [as_object(json.loads(line)) for line in self.text.splitlines()]
        return [(as_text(line["type"]), as_text(dig(line, "object", "metadata", "name"))) for line in lines]

    def expect(self, status: int) -> Reply:
        assert self.status == status, f"{self.status}: {self.text[:600]}"
        return self


class Sender(Protocol):
    """As much of a transport as these tests need."""

    def send(self, request: Request, *, timeout_seconds: float) -> Response: ...

    def close(self) -> None: ...


class Client:
    """Talks raw API requests about objects in one namespace.

    Args:
        transport: how to reach the cluster.
        namespace: where namespaced objects go.
    """

    def __init__(self, transport: Sender, namespace: str = "default") -> None:
        self.transport = transport
        self.namespace = namespace

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = json.dumps(body).encode() if body is not None else b""
        request = Request(
            method=method,
            path=path,
            query=query or {},
            headers={"accept": accept, **({"content-type": content_type} if sent else {}), **(headers or {})},
            body=sent,
        )
        response = self.transport.send(request, timeout_seconds=10.0)
        return Reply(status=response.status, headers=response.headers, text=response.body.decode())

    def path(self, api_version: str, kind: str, name: str = "", *, subresource: str = "") -> str:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        scope = "" if kind in _CLUSTER_SCOPED else f"/namespaces/{self.namespace}"
        plural = _PLURALS.get(kind, kind.lower() + "s")
        parts = [f"{root}{scope}/{plural}", name, subresource]
        return "/".join(part for part in parts if part)

    def path_of(self, body: JsonObject, *, subresource: str = "") -> str:
        name = as_text(dig(body, "metadata", "name"))
        return self.path(as_text(body["apiVersion"]), as_text(body["kind"]), name, subresource=subresource)

    def create(self, body: JsonObject, **query: str) -> Reply:
        path = self.path(as_text(body["apiVersion"]), as_text(body["kind"]))
        return self.call("POST", path, body, query=query)

    def read(self, body: JsonObject, **query: str) -> Reply:
        return self.call("GET", self.path_of(body), query=query)

    def replace(self, body: JsonObject, *, subresource: str = "", **query: str) -> Reply:
        return self.call("PUT", self.path_of(body, subresource=subresource), body, query=query)

    def patch(self, body: JsonObject, patch: Json, kind: str, *, subresource: str = "", **query: str) -> Reply:
        path = self.path_of(body, subresource=subresource)
        return self.call("PATCH", path, patch, query=query, content_type=kind)

    def apply(
        self, body: JsonObject, manager: str = "tester", *, subresource: str = "", force: bool = False, **query: str
    ) -> Reply:
        asked = {"fieldManager": manager, **({"force": "true"} if force else {}), **query}
        return self.call("PATCH", self.path_of(body, subresource=subresource), body, query=asked, content_type=APPLY)

    def delete(self, body: JsonObject, options: JsonObject | None = None, **query: str) -> Reply:
        return self.call("DELETE", self.path_of(body), options, query=query)

    def list(self, api_version: str, kind: str, **query: str) -> Reply:
        return self.call("GET", self.path(api_version, kind), query=query)

    def gone(self, body: JsonObject) -> bool:
        return self.read(body).status == 404


class HttpTransport:
    """The plainest transport there is: one connection a request."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        host, port = self._address.hostname or "", self._address.port
        connection = HTTPConnection(host, port, timeout=timeout_seconds)
        try:
            path = request.path + ("?" + urlencode(dict(request.query)) if request.query else "")
            connection.request(request.method, path, body=request.body or None, headers=dict(request.headers))
            answer = connection.getresponse()
            return Response(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        return None


def eventually(check: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait for a controller of a real cluster; the emulator's have always been there already."""
    deadline = time.monotonic() + (seconds if REAL_KUBECONFIG else 0.0)
    while not check():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)


def config_map(name: str = "settings", **data: str) -> JsonObject:
    body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    return {**body, "data": dict(data)} if data else body


def deployment(name: str = "web", *, replicas: int | None = 2, image: str = "nginx:1") -> JsonObject:
    spec: JsonObject = {
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": image}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def service(name: str = "web", *ports: int) -> JsonObject:
    listed: list[Json] = [{"name": f"p{port}", "port": port} for port in ports or (80,)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": listed},
    }


def namespace(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def definition(group: str, schema: JsonObject | None = None, *, status: bool = True) -> JsonObject:
    """A CustomResourceDefinition of Gadgets in a group of its own."""
    spec_schema: JsonObject = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    root: JsonObject = {
        "type": "object",
        "properties": {"spec": schema or spec_schema, "status": dict(spec_schema)},
    }
    version: JsonObject = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    if status:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"},
            "versions": [version],
        },
    }


def gadget(group: str, name: str = "one", **spec: Json) -> JsonObject:
    return {"apiVersion": f"{group}/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": dict(spec)}


def with_metadata(body: JsonObject, **metadata: Json) -> JsonObject:
    return {**body, "metadata": {**as_object(body["metadata"]), **metadata}}


def owned_by(body: JsonObject, owner: Reply, *, blocking: bool = False) -> JsonObject:
    reference: JsonObject = {
        "apiVersion": owner.get("apiVersion"),
        "kind": owner.get("kind"),
        "name": owner.get("metadata", "name"),
        "uid": owner.uid,
    }
    if blocking:
        reference["blockOwnerDeletion"] = True
    return with_metadata(body, ownerReferences=[reference])


def without_version(body: JsonObject) -> JsonObject:
    metadata = {key: value for key, value in as_object(body["metadata"]).items() if key != "resourceVersion"}
    return {**body, "metadata": metadata}


def managers(reply: Reply) -> dict[tuple[str, str, str], JsonObject]:
    """FieldsV1 by manager, operation and subresource."""
    return {
        (as_text(dig(e, "manager")), as_text(dig(e, "operation")), as_text(dig(e, "subresource"))): as_object(
            dig(e, "fieldsV1")
        )
        for e in as_list(reply.get("metadata", "managedFields"))
    }


def condition(body: Json, kind: str) -> JsonObject:
    for found in as_list(dig(body, "status", "conditions")):
        if dig(found, "type") == kind:
            return as_object(found)
    return {}
