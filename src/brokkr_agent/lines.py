"""What goes over the two lines, told to whoever counts it: how long each try took and how it ended.

The classes are few and closed on purpose: no id, name or path of a cluster ever becomes one.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias, TypeVar
from weakref import ReferenceType, ref

from attrs import evolve, frozen

from brokkr_agent.logs.setup import LOG
from brokkr_agent.trace import TRACEPARENT, traceparent
from brokkr_core.broker import BrokerTransport
from brokkr_core.broker.traffic import is_target_state, traffic_of
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.transport import Stream, Transport
from brokkr_core.model.http import Request, Response


class Side(StrEnum):
    """Whom a line leads to."""

    BROKER = "broker"
    KUBERNETES = "kubernetes"


@frozen(kw_only=True)
class Heard:
    """One try of one request, when it was over."""

    side: Side
    kind: str  #: the class of the request, one of a few
    seconds: float
    status: int | None = None  #: None when there was no whole answer
    error: str = ""  #: why there was none
    again: bool = False  #: the same request was sent before; not told of the broker, whose client counts repeats

    @property
    def good(self) -> bool:
        """Whether the other side said yes."""
        return self.status is not None and 200 <= self.status < 300


Listener: TypeAlias = Callable[[Heard], None]

_Answer = TypeVar("_Answer", Response, Stream)

#: The request by which an agent asks what it should do, which upstream counts by itself (contract section 13).
TARGET_STATE = "target-state"

#: What tells about a cluster and not about its objects.
_DISCOVERY = re.compile(r"^/(version|openapi(/.*)?|api|apis|api/[^/]+|apis/[^/]+|apis/[^/]+/[^/]+)$")
_BY_METHOD = {"DELETE": "delete", "POST": "create", "PUT": "replace", "PATCH": "patch"}

#: Every kind of request to a cluster there is.
OPERATIONS = (
    "apply",
    "dry-run",
    "create",
    "replace",
    "patch",
    "delete",
    "get",
    "list",
    "watch",
    "discovery",
    "version",
)


def broker_kind(request: Request) -> str:
    """Return the class of a request to the broker: its traffic, ``target-state``, or ``probe`` outside of the API."""
    if is_target_state(request):
        return TARGET_STATE
    traffic = traffic_of(request.method, request.path)
    return traffic.value if traffic else "probe"


def cluster_kind(request: Request) -> str:
    """Return the class of a request to a cluster, one of ``OPERATIONS``."""
    if request.query.get("dryRun"):
        return "dry-run"
    if request.method == "PATCH" and "apply-patch" in request.headers.get("content-type", ""):
        return "apply"
    if request.method != "GET":
        return _BY_METHOD.get(request.method, "patch")
    if request.path == "/version":
        return "version"
    if _DISCOVERY.match(request.path):
        return "discovery"
    if request.query.get("watch"):
        return "watch"
    return "list" if "limit" in request.query else "get"


class BrokerLine:
    """A transport to the broker that tells of every try, and marks those made for an attempt with its trace.

    Args:
        line: carries the requests.
        tell: hears of each; must not raise.
        know: hears the credentials of each, before it is sent.
    """

    def __init__(
        self, line: BrokerTransport, tell: Listener, *, know: Callable[[str], None] = lambda _secret: None
    ) -> None:
        self._line = line
        self._tell = tell
        self._know = know

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send once; see :class:`BrokerTransport`."""
        self._know(request.headers.get("authorization", "").rpartition(" ")[2])
        return _send(
            lambda: self._line.send(_marked(request), timeout_seconds=timeout_seconds),
            self._tell,
            request,
            side=Side.BROKER,
            kind=broker_kind(request),
        )

    def close(self) -> None:
        """Give back the connections."""
        self._line.close()


class _Last(threading.local):
    """The request a thread sent last: the client repeats the very same value, in the same thread."""

    request: ReferenceType[Request] | None = None


class ClusterLine:
    """A transport to a cluster that tells of every try; of a watch, when it is open. It marks them like ``BrokerLine``.

    Args:
        line: carries the requests.
        tell: hears of each; must not raise.
    """

    def __init__(self, line: Transport, tell: Listener) -> None:
        self._line = line
        self._tell = tell
        self._last = _Last()

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send once; see :class:`Transport`."""
        return self._heard(request, lambda: self._line.send(_marked(request), timeout_seconds=timeout_seconds))

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        """Open a stream; see :class:`Transport`."""
        return self._heard(request, lambda: self._line.stream(_marked(request), timeout_seconds=timeout_seconds))

    def close(self) -> None:
        """Give back the connections."""
        self._line.close()

    def _heard(self, request: Request, send: Callable[[], _Answer]) -> _Answer:
        again = self._last.request is not None and self._last.request() is request
        self._last.request = ref(request)
        return _send(send, self._tell, request, side=Side.KUBERNETES, kind=cluster_kind(request), again=again)


def _marked(request: Request) -> Request:
    """Name the attempt that a request is made for, and give this try a span of its own."""
    parent = traceparent()
    return evolve(request, headers={**request.headers, TRACEPARENT: parent}) if parent else request


def _send(
    send: Callable[[], _Answer], tell: Listener, request: Request, *, side: Side, kind: str, again: bool = False
) -> _Answer:
    """Send once, and tell how long it took and how it ended."""
    begun = time.monotonic()
    try:
        answer = send()
    except BrokkrError as error:
        seconds = time.monotonic() - begun
        tell(Heard(side=side, kind=kind, seconds=seconds, error=str(error), again=again))
        LOG.note(side, "request without an answer", request=request.endpoint, kind=kind, error=str(error))
        raise
    seconds = time.monotonic() - begun
    tell(Heard(side=side, kind=kind, seconds=seconds, status=answer.status, again=again))
    LOG.note(side, "request", request=request.endpoint, kind=kind, status=answer.status, seconds=seconds)
    return answer
