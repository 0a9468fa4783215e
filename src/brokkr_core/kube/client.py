"""Talk to an API server in its own verbs: get, list, apply, replace, delete; JSON in, JSON out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal, Self

from attrs import frozen

from brokkr_core.errors import ApiError, BrokkrError, NotFoundError, UnknownKindError
from brokkr_core.kube.discovery import Discovery, Resource
from brokkr_core.kube.errors import api_error
from brokkr_core.kube.repeat import Repeater
from brokkr_core.kube.transport import Transport
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.ref import ObjectRef

#: How long one request may take; the server itself gives a write 34 s at most.
REQUEST_TIMEOUT_SECONDS = 30.0

#: Objects per page of a LIST.
PAGE = 500

_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

Propagation = Literal["Background", "Foreground", "Orphan"]


@frozen(kw_only=True)
class Applied:
    """What the server answered to an apply. ``created`` is its word: 201 instead of 200."""

    body: JsonObject
    created: bool


class KubeClient:
    """A typed client for one cluster.

    Args:
        transport: carries the requests.
        repeat: how often and how long a request is tried again after 429, 5xx or a cut line.
        timeout_seconds: how long one try may take.
        host: the cluster's address, for messages.
        namespace: the namespace its configuration names.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        repeat: Repeater | None = None,
        timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
        host: str = "",
        namespace: str = "default",
    ) -> None:
        self.host = host
        self.namespace = namespace
        self._transport = transport
        self._repeat = repeat or Repeater()
        self._timeout = timeout_seconds
        self.discovery = Discovery(self._call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def ping(self) -> float:
        """Ask for ``/version`` once, without repeating.

        Returns:
            How long the answer took, in seconds.

        Raises:
            ClusterUnreachableError: no answer came.
            ApiError: the answer was a refusal.
        """
        started = time.monotonic()
        self._once(Request(method="GET", path="/version"))
        return time.monotonic() - started

    def resource(self, ref: ObjectRef) -> Resource:
        """Find how a kind is served.

        Raises:
            UnknownKindError: the cluster does not serve it.
        """
        found = self.discovery.find(ref.group, ref.version, ref.kind)
        if found is None:
            raise UnknownKindError(
                f"{ref}: the cluster serves no {ref.api_version} {ref.kind}; "
                "check apiVersion and kind, or put its CustomResourceDefinition into the bundle"
            )
        return found

    def get(self, ref: ObjectRef, *, metadata_only: bool = False) -> JsonObject:
        """Read one object.

        Raises:
            NotFoundError: it does not exist.
        """
        headers = {"accept": _METADATA} if metadata_only else {}
        return self._json(Request(method="GET", path=self._path(ref), headers=headers))

    def find(self, ref: ObjectRef, *, metadata_only: bool = False) -> JsonObject | None:
        """Read one object, or None when it does not exist."""
        try:
            return self.get(ref, metadata_only=metadata_only)
        except NotFoundError:
            return None

    def list(
        self, resource: Resource, *, namespace: str = "", metadata_only: bool = False, labels: str = ""
    ) -> Iterator[JsonObject]:
        """Read a collection page by page.

        Args:
            resource: which collection.
            namespace: one namespace; empty reads all of them.
            metadata_only: ask for metadata alone, so that no Secret data leaves the server.
            labels: label selector.

        Yields:
            The objects, each with the apiVersion and kind that list items lack.
        """
        query = {"limit": str(PAGE)} | ({"labelSelector": labels} if labels else {})
        headers = {"accept": _METADATA_LIST} if metadata_only else {}
        head: JsonObject = {
            "apiVersion": f"{resource.group}/{resource.version}" if resource.group else resource.version,
            "kind": resource.kind,
        }
        path = resource.path(namespace=namespace)
        while True:
            page = self._json(Request(method="GET", path=path, query=query, headers=headers))
            for item in as_list(page.get("items")):
                yield {**as_object(item), **head}
            more = as_text(dig(page, "metadata", "continue"))
            if not more:
                return
            query = {**query, "continue": more}

    def apply(
        self,
        body: JsonObject,
        ref: ObjectRef,
        *,
        manager: str,
        force: bool = False,
        dry_run: bool = False,
        on_repeat: Callable[[BrokkrError], None] = lambda _error: None,
    ) -> Applied:
        """Server-side apply one object with strict field validation.

        Args:
            body: the desired object. ``metadata.uid`` and ``metadata.resourceVersion`` in it are preconditions.
            ref: its identity, namespace resolved.
            manager: field manager.
            force: take fields that other managers own with other values.
            dry_run: let the server compute the result and store nothing.
            on_repeat: hears of every error after which the same request is sent again.

        Returns:
            The object as the server has it now.

        Raises:
            FieldConflictError: other managers own some of the fields and ``force`` is off.
            ApiError: any other refusal.
        """
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true" if force else "false"}
        request = Request(
            method="PATCH",
            path=self._path(ref),
            query=query | ({"dryRun": "All"} if dry_run else {}),
            headers={"content-type": "application/apply-patch+yaml"},
            body=_encode(body),
        )
        answer = self._repeat(lambda: self._once(request), on_repeat)
        return Applied(body=as_object(json.loads(answer.body)), created=answer.status == 201)

    def replace(self, body: JsonObject, ref: ObjectRef, *, manager: str) -> JsonObject:
        """Replace a whole object; its ``metadata.resourceVersion`` must be the live one.

        Raises:
            StaleWriteError: somebody wrote in between.
        """
        headers = {"content-type": "application/json"}
        query = {"fieldManager": manager}
        path = self._path(ref)
        return self._json(Request(method="PUT", path=path, query=query, headers=headers, body=_encode(body)))

    def delete(self, ref: ObjectRef, *, uid: str, propagation: Propagation = "Background") -> bool:
        """Delete exactly the object with this uid.

        Args:
            ref: which object.
            uid: the uid it must have; another object of the same name is left alone.
            propagation: what happens to its dependents.

        Returns:
            Whether it was there.

        Raises:
            StaleWriteError: an object with another uid stands there now.
        """
        options: JsonObject = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": propagation,
        }
        headers = {"content-type": "application/json"}
        try:
            self._call(Request(method="DELETE", path=self._path(ref), headers=headers, body=_encode(options)))
        except NotFoundError:
            return False
        return True

    def _path(self, ref: ObjectRef) -> str:
        return self.resource(ref).path(namespace=ref.namespace, name=ref.name)

    def _json(self, request: Request) -> JsonObject:
        return as_object(json.loads(self._call(request).body))

    def _call(self, request: Request) -> Response:
        return self._repeat(lambda: self._once(request))

    def _once(self, request: Request) -> Response:
        response = self._transport.send(request, timeout_seconds=self._timeout)
        if response.status >= 400:
            raise api_error(request, response)
        if response.body[:1] not in (b"{", b"["):
            raise ApiError(
                status=response.status,
                reason="NotJson",
                message="the answer is not JSON; is something in front of the API server?",
                request=request.endpoint,
            )
        return response


def _encode(body: JsonObject) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
