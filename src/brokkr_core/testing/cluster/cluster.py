"""The door: a whole API server as one object that turns requests into answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.bodies import content_type, read_object, read_value
from brokkr_core.testing.cluster.clock import ManualClock
from brokkr_core.testing.cluster.collect import collect_garbage, collect_namespaces
from brokkr_core.testing.cluster.controllers import controllers
from brokkr_core.testing.cluster.copying import fresh_object
from brokkr_core.testing.cluster.core import Core, Identities, Reactor
from brokkr_core.testing.cluster.crd import define_resources
from brokkr_core.testing.cluster.endpoints import other_endpoint
from brokkr_core.testing.cluster.hooks import Hook, Hooks
from brokkr_core.testing.cluster.identity import Counted
from brokkr_core.testing.cluster.kinds import builtin_resources
from brokkr_core.testing.cluster.listing import read_page
from brokkr_core.testing.cluster.logs.answer import LOG, forget_logs, open_log
from brokkr_core.testing.cluster.options import Answer, Call, is_true, read_delete_options, read_options
from brokkr_core.testing.cluster.rbac import ADMIN, Rbac, User, user_of
from brokkr_core.testing.cluster.registry import Registry
from brokkr_core.testing.cluster.resource import NAMESPACES
from brokkr_core.testing.cluster.router import route, verb_of
from brokkr_core.testing.cluster.settings import Settings
from brokkr_core.testing.cluster.status import (
    Refusal,
    bad_request,
    method_not_allowed,
    page_not_found,
    refused,
    unsupported_media_type,
    warning_headers,
)
from brokkr_core.testing.cluster.stream import OpenStream, OpenWatch, taken_once
from brokkr_core.testing.cluster.verbs import (
    apply_object,
    create,
    delete,
    delete_collection,
    get,
    list_objects,
    patch,
    read_scale,
    update,
    write_scale,
)
from brokkr_core.testing.cluster.verbs.patch import APPLY_PATCHES, check_format
from brokkr_core.testing.cluster.verbs.read import list_body
from brokkr_core.testing.cluster.views import shown, view_of


class Cluster:
    """An API server in memory. It does nothing by itself and is not safe for several threads at once.

    Args:
        settings: how it behaves.
        clock: what time it is; timers fire when a request or a ``tick`` finds them due.
        identities: where uids and name suffixes come from.
        rbac: who may do what; None lets everybody do everything.
        hooks: admission webhooks, asked in this order.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        clock: Callable[[], datetime] | None = None,
        identities: Identities | None = None,
        rbac: Rbac | None = None,
        hooks: Iterable[Hook] = (),
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or ManualClock()
        self._rbac = rbac
        self._core = Core(
            settings=self.settings,
            clock=self.clock,
            identities=identities or Counted(),
            registry=Registry(builtin_resources(), self.clock),
        )
        self.logs = self._core.logs  #: what containers have written
        self._core.reactors += [define_resources, collect_garbage, collect_namespaces, forget_logs]
        if self.settings.controllers:
            self._core.reactors += controllers()
        self._create_namespaces()
        self._core.hooks = Hooks(hooks=hooks)

    @property
    def resource_version(self) -> int:
        """The resourceVersion of the newest change."""
        return self._core.store.version

    def handle(self, request: Request, *, discovery_lag_seconds: float = 0.0, trusted: bool = False) -> Response:
        """Answer one request.

        A watch is answered with the events that are pending right now; ``open_watch`` keeps one open.

        Args:
            request: path, query, headers and body.
            discovery_lag_seconds: how much further than it is set to discovery lags behind.
            trusted: whether the request comes from the administrator, whatever its headers say.
        """
        try:
            user = ADMIN if trusted else user_of(self._rbac, request.headers)
            response = self._answer(request, user, discovery_lag_seconds)
        except Refusal as refusal:
            response = refused(refusal)
        self._core.settle()
        return response

    def tick(self) -> None:
        """Let due timers fire and the controllers do their work."""
        self._core.settle()

    def next_due(self) -> datetime | None:
        """Return when the next timer is due, or None."""
        return self._core.next_due()

    def open_stream(self, request: Request) -> OpenStream | Response:
        """Open a watch, or a log to follow.

        Args:
            request: a GET with ``watch=true``, or of a log with ``follow=true``.

        Returns:
            What was opened, or the answer that refuses it.
        """
        try:
            call = self._call(request, user_of(self._rbac, request.headers))
            if call is None:
                return page_not_found()
            if call.subresource == LOG:
                return open_log(self._core, call, request)
            return OpenWatch(self._core, call, request)
        except Refusal as refusal:
            return refused(refusal)

    def objects(self) -> dict[tuple[str, str, str, str], JsonObject]:
        """Return a copy of every stored object by group, plural, namespace and name."""
        store = self._core.store
        return {
            (*storage_id, *key): fresh_object(body)
            for storage_id in store.storage_ids()
            for key, body in store.all(storage_id).items()
        }

    def add_reactor(self, reactor: Reactor) -> None:
        """Add a controller that is called after every change."""
        self._core.reactors.append(reactor)

    def _create_namespaces(self) -> None:
        resource = self._core.registry.of(NAMESPACES)
        assert resource is not None
        options = read_options({"fieldManager": "kube-apiserver"}, "")
        for name in self.settings.namespaces:
            create(self._core, Call(resource=resource, options=options), {"metadata": {"name": name}})
        self._core.settle()

    def _call(self, request: Request, user: User) -> Call | None:
        found = route(self._core.registry, request.path)
        if found is None:
            return None
        call = Call(
            resource=found.resource,
            namespace=found.namespace,
            name=found.name,
            subresource=found.subresource,
            options=read_options(request.query, request.headers.get("user-agent", ""), request.method),
            user=user,
        )
        if user is not ADMIN:
            call.check_access(verb_of(request, call.name))
        return call

    def _answer(self, request: Request, user: User, lag_seconds: float) -> Response:
        call = self._call(request, user)
        if call is None:
            moment = self.clock() - timedelta(seconds=self.settings.crd_discovery_seconds + lag_seconds)
            return other_endpoint(self._core, request, user, moment) or page_not_found()
        if call.subresource == LOG:
            return taken_once(open_log(self._core, call, request))
        if request.method == "GET" and is_true(request.query, "watch"):
            return taken_once(self.open_stream(request))
        answer = self._on_object(call, request) if call.name else self._on_collection(call, request)
        view = view_of(request.headers.get("accept", ""))
        body = shown(view, answer.body, call.resource, request.query, self.clock())
        if call.subresource == "scale":
            body = answer.body
        return Response.of_json(answer.code, body, warning_headers(answer.warnings))

    def _on_collection(self, call: Call, request: Request) -> Answer:
        match request.method:
            case "GET":
                return list_objects(self._core, call, request.query)
            case "POST":
                if call.resource.namespaced and not call.namespace:
                    raise bad_request("an empty namespace may not be set during creation")
                return create(self._core, call, read_object(request))
            case "DELETE":
                return self._delete_collection(call, request)
        raise method_not_allowed()

    def _delete_collection(self, call: Call, request: Request) -> Answer:
        options = read_delete_options(request.query, read_object(request))
        page = read_page(self._core, call, request.query)
        body = list_body(call, page)
        delete_collection(self._core, call, options, page.items)
        return Answer(code=200, body=body)

    def _on_object(self, call: Call, request: Request) -> Answer:
        if call.subresource == "scale":
            return self._on_scale(call, request)
        match request.method:
            case "GET":
                return get(self._core, call)
            case "PUT":
                return update(self._core, call, read_object(request))
            case "PATCH":
                return self._patch(call, request)
            case "DELETE" if not call.subresource:
                options = read_delete_options(request.query, read_object(request))
                return delete(self._core, call, options)
        raise method_not_allowed()

    def _patch(self, call: Call, request: Request) -> Answer:
        kind = content_type(request)
        if kind == APPLY_PATCHES[0]:
            return apply_object(self._core, call, read_object(request, APPLY_PATCHES))
        check_format(call, kind)
        return patch(self._core, call, kind, read_value(request))

    def _on_scale(self, call: Call, request: Request) -> Answer:
        match request.method:
            case "GET":
                return read_scale(self._core, call)
            case "PUT" | "PATCH":
                kind = content_type(request)
                if "apply-patch" in kind:
                    raise unsupported_media_type(["application/json-patch+json", "application/merge-patch+json"])
                return write_scale(self._core, call, kind, read_value(request))
        raise method_not_allowed()
