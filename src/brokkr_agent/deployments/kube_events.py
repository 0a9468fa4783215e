"""Progress as Events of Kubernetes, for ``kubectl get events`` and ``kubectl describe``.

They are Events of ``v1``: what kubectl lists, sorts by time and describes, and one permission that agents of this kind
usually have. An Event of ``events.k8s.io/v1`` is the same object with other names, without the time kubectl sorts by.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import Empty, Full, Queue

import structlog

from brokkr_agent.deployments.board import News
from brokkr_agent.deployments.correlate import Correlator, Key, Series
from brokkr_agent.deployments.herald import Herald, Said
from brokkr_core.apply.identity import uid
from brokkr_core.errors import ApiError, BrokkrError, ForbiddenError, cut
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef

_log = structlog.get_logger("progress")

#: Who tells our Events, and who owns their fields.
COMPONENT = "brokkr-agent"
EVENT_MANAGER = "brokkr-events"
#: So many wait to be sent; more are dropped.
MOST_WAITING = 1000
#: A message has so many characters at most (the API server's limit).
MOST_MESSAGE = 1024
#: After a refusal a namespace is left alone for so long.
REFUSED_SECONDS = 600.0

#: The cause of a 403 that is about the namespace and not about a right of ours.
_TERMINATING = "NamespaceTerminating"


class KubeEvents:
    """Tells Events, best effort: an attempt never waits for one, and what cannot be told is dropped.

    Args:
        client: the cluster.
        home: the object that stands for a stack, from the stack's id.
        clock: the time of day, with its zone.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        home: Callable[[str], ObjectRef],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._home = home
        self._clock = clock
        self._herald = Herald()
        self._correlator = Correlator()
        self._waiting: Queue[tuple[Said, datetime]] = Queue(MOST_WAITING)
        self._refused: dict[str, datetime] = {}
        self._wake: Callable[[], None] = lambda: None
        self.dropped = 0  #: found no room

    def wake_with(self, wake: Callable[[], None]) -> None:
        """Let somebody know as soon as something waits."""
        self._wake = wake

    def hear(self, news: News) -> None:
        """Take in news; called from the attempt's threads, so nothing is sent here."""
        for said in self._herald.hear(news):
            try:
                self._waiting.put_nowait((said, self._clock()))
            except Full:
                self.dropped += 1
            self._wake()

    def round(self) -> None:
        """Send what waits."""
        while True:
            try:
                said, at = self._waiting.get_nowait()
            except Empty:
                return
            self._tell(said, at)

    def _tell(self, said: Said, at: datetime) -> None:
        about = said.ref or self._home(said.stack_id)
        namespace = about.namespace or "default"  # where the API server wants Events of what has no namespace
        if self._refused.get(namespace, at) > at:
            return
        key: Key = (about.group, about.kind, about.namespace, about.name, said.reason, said.message)
        series = self._correlator.admit(key[:4], key, at)
        if series is None:
            return
        ref = ObjectRef(
            group="", version="v1", kind="Event", namespace=namespace, name=_name(about.name, series.suffix(key))
        )
        try:
            known = said.uid or self._uid_of(about)
            self._client.apply(_body(ref, about, known, said, series), ref, manager=EVENT_MANAGER, force=True)
        except ApiError as error:
            self._refuse(namespace, error, at)
        except BrokkrError as error:
            _log.debug("an Event could not be told", namespace=namespace, error=str(error))

    def _refuse(self, namespace: str, error: ApiError, at: datetime) -> None:
        """Say once that Events are refused, and ask again only much later."""
        leaves = any(cause.reason == _TERMINATING for cause in error.causes)
        if isinstance(error, ForbiddenError) and not leaves:
            if namespace not in self._refused:
                hint = "grant create and patch of events, or set agent.progress_events to false"
                _log.warning("no Events are told", namespace=namespace, error=str(error), hint=hint)
            self._refused[namespace] = at + timedelta(seconds=REFUSED_SECONDS)
        else:
            _log.debug("an Event was refused", namespace=namespace, error=str(error))

    def _uid_of(self, ref: ObjectRef) -> str:
        """Read which object it is: kubectl describes only Events that name it by its uid."""
        try:
            found = self._client.find(ref, metadata_only=True)
        except ApiError:
            return ""
        return uid(found) if found else ""


def _name(about: str, suffix: str) -> str:
    return f"{about[: 253 - len(suffix) - 1].rstrip('.-')}.{suffix}"


def _body(ref: ObjectRef, about: ObjectRef, known: str, said: Said, series: Series) -> JsonObject:
    involved: JsonObject = {"apiVersion": about.api_version, "kind": about.kind, "name": about.name}
    involved |= {"namespace": about.namespace} if about.namespace else {}
    involved |= {"uid": known} if known else {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "involvedObject": involved,
        "type": said.reason.event_type,
        "reason": str(said.reason),
        "message": cut(said.message, MOST_MESSAGE - 40),
        "source": {"component": COMPONENT},
        "firstTimestamp": _time(series.first),
        "lastTimestamp": _time(series.last),
        "count": series.count,
        "reportingComponent": COMPONENT,
        "reportingInstance": socket.gethostname()[:128],
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
