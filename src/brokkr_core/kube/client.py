"""Talk to an API server in its own verbs: get, list, apply, replace, delete; JSON in, JSON out."""

from __future__ import annotations

import json
import random as dice
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

from attrs import field, frozen

from brokkr_core.errors import NotFoundError, UnknownKindError
from brokkr_core.kube.answer import read_json
from brokkr_core.kube.discovery import Discovery, Resource
from brokkr_core.kube.errors import api_error, refused_by_schema
from brokkr_core.kube.log import SILENCE_SECONDS as LOG_SILENCE_SECONDS
from brokkr_core.kube.log import LogStream
from brokkr_core.kube.scope import Scope
from brokkr_core.kube.server_time import ServerTime
from brokkr_core.kube.transport import Transport
from brokkr_core.kube.watch import SILENCE_SECONDS, WATCH_SECONDS, Watch
from brokkr_core.model.http import Request, Response, Subject
from brokkr_core.model.json import JsonObject, as_int, as_list, as_object, as_text, dig, sharing
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import Clock, Outcome, Repeat, RetryPolicy, SystemClock, call_with_retry

#: Every request may be repeated: an apply is the same twice, and every replace and delete names the object it means.
PATIENCE = RetryPolicy(attempts=5, base_seconds=0.4, cap_seconds=5.0, deadline_seconds=60.0)

#: How long one request may take; the server itself gives a write 34 s at most.
REQUEST_TIMEOUT_SECONDS = 30.0

#: Of an object larger than this, what was sent and what came back share their texts: a run keeps both to its end.
LARGE_BYTES = 64 * 1024

#: Objects per page of a LIST.
PAGE = 500

_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

Propagation = Literal["Background", "Foreground", "Orphan"]


@frozen(kw_only=True)
class Applied:
    """What the server answered to an apply. ``created`` is its word: 201 instead of 200.

    ``bounded`` is for whoever keeps a record: somebody else may have written between the recorded state and this one,
    so that what differs between the two need not all be ours.
    """

    body: JsonObject
    created: bool
    bounded: bool = False


@frozen(kw_only=True)
class Page:
    """Part of a collection, and the version of the collection that a watch goes on from."""

    items: tuple[JsonObject, ...] = field(repr=False)
    resource_version: str = ""
    remaining: int = 0  #: how many objects the server says are left; it need not say


class KubeClient:
    """A typed client for one cluster.

    Args:
        transport: carries the requests.
        retry: how often and how patiently a request is sent again after passing trouble or a cut line.
        timeout_seconds: how long one try may take.
        clock: where the time comes from.
        sleep: waits so many seconds before a request is sent again; a true result means that a stop was asked
            for, and the call ends with StoppedError. ``Event.wait`` fits.
        random: gives numbers from 0 to 1 for the jitter.
        host: the cluster's address, for messages.
        namespace: the namespace its configuration names.
        only: the one namespace to which everything is confined: a list or watch of all namespaces means this one, and
            whatever lies elsewhere is refused here with ForbiddenError. Empty means the whole cluster.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        retry: RetryPolicy | None = None,
        timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
        clock: Clock | None = None,
        sleep: Callable[[float], bool | None] = time.sleep,
        random: Callable[[], float] = dice.random,
        host: str = "",
        namespace: str = "default",
        only: str = "",
    ) -> None:
        self.host = host
        self.namespace = namespace
        self.only = only
        self._scope = Scope(namespace=only)
        self._transport = transport
        self._retry = retry or PATIENCE
        self._timeout = timeout_seconds
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._random = random
        self._server_time = ServerTime(self._clock)
        self.discovery = Discovery(self._json)

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
        started = self._clock.monotonic()
        request = Request(method="GET", path="/version")
        read_json(request, self._transport.send(request, timeout_seconds=self._timeout))
        return self._clock.monotonic() - started

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

    def get(self, ref: ObjectRef, *, metadata_only: bool = False, retry: RetryPolicy | None = None) -> JsonObject:
        """Read one object.

        Raises:
            NotFoundError: it does not exist.
        """
        headers = {"accept": _METADATA} if metadata_only else {}
        request = Request(method="GET", path=self._path(ref), headers=headers)
        return read_json(request, self._call(request, retry=retry))

    def find(
        self, ref: ObjectRef, *, metadata_only: bool = False, retry: RetryPolicy | None = None
    ) -> JsonObject | None:
        """Read one object, or None when it does not exist."""
        try:
            return self.get(ref, metadata_only=metadata_only, retry=retry)
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
        for page in self.pages(resource, namespace=namespace, metadata_only=metadata_only, labels=labels):
            yield from page.items

    def pages(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        metadata_only: bool = False,
        labels: str = "",
        fields: str = "",
        limit: int = PAGE,
        retry: RetryPolicy | None = None,
    ) -> Iterator[Page]:
        """Read a collection as the server hands it out.

        Args:
            resource: as for ``list``, and so are namespace, metadata_only and labels.
            namespace: one namespace; empty reads all of them.
            metadata_only: ask for metadata alone.
            labels: label selector.
            fields: field selector.
            limit: objects per page.
            retry: how patiently; None means as patiently as everything else.

        Yields:
            The pages, all of the same version of the collection.
        """
        query = {"limit": str(limit)} | _selectors(labels, fields)
        headers = {"accept": _METADATA_LIST} if metadata_only else {}
        head: JsonObject = {
            "apiVersion": f"{resource.group}/{resource.version}" if resource.group else resource.version,
            "kind": resource.kind,
        }
        path = resource.path(namespace=self._scope.collection(resource, namespace))
        while True:
            request = Request(method="GET", path=path, query=query, headers=headers)
            page = read_json(request, self._call(request, retry=retry))
            yield Page(
                items=tuple({**as_object(item), **head} for item in as_list(page.get("items"))),
                resource_version=as_text(dig(page, "metadata", "resourceVersion")),
                remaining=as_int(dig(page, "metadata", "remainingItemCount")),
            )
            more = as_text(dig(page, "metadata", "continue"))
            if not more:
                return
            query = {**query, "continue": more}

    def watch(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        resource_version: str = "",
        labels: str = "",
        fields: str = "",
        timeout_seconds: int = WATCH_SECONDS,
    ) -> Watch:
        """Hear of every change of a collection. It is asked for once; whoever watches decides about repeating.

        Args:
            resource: which collection.
            namespace: one namespace; empty means all of them.
            resource_version: from where to go on, such as ``Page.resource_version``; empty begins with what is there.
            labels: label selector.
            fields: field selector.
            timeout_seconds: after how long the server ends it.

        Returns:
            The open watch; close it.

        Raises:
            GoneError: the version is too old; list again.
            ApiError: any other refusal.
            ClusterUnreachableError: no answer came.
        """
        query = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(timeout_seconds)}
        version = {"resourceVersion": resource_version} if resource_version else {}
        path = resource.path(namespace=self._scope.collection(resource, namespace))
        request = Request(method="GET", path=path, query=query | version | _selectors(labels, fields))
        stream = self._transport.stream(request, timeout_seconds=timeout_seconds + SILENCE_SECONDS)
        self._server_time.hear(stream.headers)
        return Watch(request, stream)

    def log(self, pod: ObjectRef, *, container: str, lines: int, most_bytes: int) -> str:
        """Read the end of a container's log.

        Args:
            pod: the Pod.
            container: which of its containers.
            lines: so many of the last lines.
            most_bytes: no more than this.

        Returns:
            The text; bytes that are no UTF-8 are replaced.

        Raises:
            NotFoundError: no such Pod, or a server that serves no logs.
            ApiError: any other refusal, as for a container that has not started.
        """
        query = {"container": container, "tailLines": str(lines), "limitBytes": str(most_bytes)}
        request = Request(method="GET", path=f"{self._path(pod)}/log", query=query)
        answer = self._call(request)
        if answer.status >= 400:
            raise api_error(request, answer)
        return answer.body[:most_bytes].decode(errors="replace")

    def follow_log(
        self, pod: ObjectRef, *, container: str, since: datetime | None = None, previous: bool = False
    ) -> LogStream:
        """Read a container's log as it is written. It is asked for once; whoever follows decides about repeating.

        Args:
            pod: the Pod.
            container: which of its containers.
            since: from when on; the server counts in whole seconds, so that lines of that second come again.
            previous: read the run before instead, which has ended.

        Returns:
            The open log; close it.

        Raises:
            NotFoundError: no such Pod.
            ApiError: any other refusal, as for a container that has not started.
            ClusterUnreachableError: no answer came.
        """
        query = {"container": container, "timestamps": "true", ("previous" if previous else "follow"): "true"}
        if since is not None:
            query["sinceTime"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        request = Request(method="GET", path=f"{self._path(pod)}/log", query=query)
        return LogStream(request, self._transport.stream(request, timeout_seconds=LOG_SILENCE_SECONDS))

    def now(self) -> datetime:
        """Return the cluster's time, as its answers told it."""
        return self._server_time.now()

    def apply(
        self,
        body: JsonObject,
        ref: ObjectRef,
        *,
        manager: str,
        force: bool = False,
        dry_run: bool = False,
        on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> Applied:
        """Server-side apply one object with strict field validation.

        Args:
            body: the desired object. ``metadata.uid`` and ``metadata.resourceVersion`` in it are preconditions.
            ref: its identity, namespace resolved.
            manager: field manager.
            force: take fields that other managers own with other values.
            dry_run: let the server compute the result and store nothing.
            on_repeat: hears of every answer or lost answer after which the same request is sent again.

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
            subject=Subject(ref=ref),
        )
        answer = self._call(request, on_repeat)
        found = read_json(request, answer)
        if len(request.body) > LARGE_BYTES:
            found = as_object(sharing(found, body))
        return Applied(body=found, created=answer.status == 201)

    def replace(self, body: JsonObject, ref: ObjectRef, *, manager: str) -> JsonObject:
        """Replace a whole object; its ``metadata.resourceVersion`` must be the live one.

        Raises:
            StaleWriteError: somebody wrote in between.
        """
        headers = {"content-type": "application/json"}
        query = {"fieldManager": manager}
        path, text = self._path(ref), _encode(body)
        subject = Subject(ref=ref, uid=as_text(dig(body, "metadata", "uid")))
        return self._json(Request(method="PUT", path=path, query=query, headers=headers, body=text, subject=subject))

    def create(self, body: JsonObject, ref: ObjectRef, *, manager: str) -> JsonObject:
        """Create a whole object that must not exist yet.

        Raises:
            AlreadyExistsError: one of that name stands there.
        """
        resource = self.resource(ref)
        self._scope.check(resource, ref.namespace, ref.name)
        path = resource.path(namespace=ref.namespace)
        headers = {"content-type": "application/json"}
        query, text = {"fieldManager": manager}, _encode(body)
        return self._json(
            Request(method="POST", path=path, query=query, headers=headers, body=text, subject=Subject(ref=ref))
        )

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = "Background",
        on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
    ) -> bool:
        """Delete exactly the object with this uid.

        Args:
            ref: which object.
            uid: the uid it must have; another object of the same name is left alone.
            resource_version: the version it must have; empty deletes it whatever was written to it since.
            propagation: what happens to its dependents.
            on_repeat: hears of every answer or lost answer after which the same request is sent again.

        Returns:
            Whether it was there.

        Raises:
            StaleWriteError: an object with another uid or version stands there now.
        """
        preconditions: JsonObject = {"uid": uid}
        if resource_version:
            preconditions["resourceVersion"] = resource_version
        options: JsonObject = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": propagation,
        }
        headers = {"content-type": "application/json"}
        try:
            request = Request(
                method="DELETE",
                path=self._path(ref),
                headers=headers,
                body=_encode(options),
                subject=Subject(ref=ref, uid=uid),
            )
            read_json(request, self._call(request, on_repeat))
        except NotFoundError:
            return False
        return True

    def _path(self, ref: ObjectRef) -> str:
        resource = self.resource(ref)
        self._scope.check(resource, ref.namespace, ref.name)
        return resource.path(namespace=ref.namespace, name=ref.name)

    def _json(self, request: Request) -> JsonObject:
        return read_json(request, self._call(request))

    def _call(
        self,
        request: Request,
        on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
        *,
        retry: RetryPolicy | None = None,
    ) -> Response:
        return call_with_retry(
            retry or self._retry,
            lambda: self._try(request),
            repeat=Repeat.SAFE,
            clock=self._clock,
            sleep=self._sleep,
            random=self._random,
            on_repeat=on_repeat,
        )

    def _try(self, request: Request) -> Response:
        response = self._transport.send(request, timeout_seconds=self._timeout)
        self._server_time.hear(response.headers)
        if refused_by_schema(response):
            raise api_error(request, response)
        return response


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}


def _encode(body: JsonObject) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
