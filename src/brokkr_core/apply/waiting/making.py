"""Read what late workloads have made, with few requests: two LISTs for a Deployment, or for a whole namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from brokkr_core.apply.identity import uid
from brokkr_core.apply.readiness.household import TELLING, Household, household, lacks_pods, selector_of
from brokkr_core.apply.waiting.roll import ONCE
from brokkr_core.apply.waiting.sight import light
from brokkr_core.errors import ApiError, BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import DEPLOYMENT, POD, REPLICA_SET
from brokkr_core.model.ref import GroupKind, ObjectRef

#: So many workloads of a namespace are asked about one by one; for more of them the namespace is read as a whole.
FEW = 4

EVENT = GroupKind(group="", kind="Event")

#: Answers after which asking again is in vain: no right, no such verb, no such API.
_REFUSALS = frozenset({401, 403, 404, 405})


class Making:
    """Reads what workloads have made. Use it from one thread.

    Args:
        client: the cluster.
        since: when the run began, by the cluster's clock.
        stop: asked between two requests.
    """

    def __init__(self, client: KubeClient, *, since: datetime, stop: Callable[[], bool]) -> None:
        self._client = client
        self._since = since
        self._stop = stop
        self._refused: set[tuple[GroupKind, str]] = set()

    def read(self, late: Mapping[ObjectRef, JsonObject]) -> dict[ObjectRef, Household]:
        """Look once.

        Args:
            late: the workloads as they were read last.

        Returns:
            What each has made; nothing of those that could not be looked at.
        """
        spaces: dict[str, dict[ObjectRef, JsonObject]] = defaultdict(dict)
        for ref, body in late.items():
            spaces[ref.namespace][ref] = body
        found: dict[ObjectRef, Household] = {}
        for space, workloads in spaces.items():
            if len(workloads) > FEW:
                found |= self._together(space, workloads)
                continue
            for ref, body in workloads.items():
                found |= self._together(space, {ref: body}, labels=selector_of(body))
        return found

    def _together(
        self, space: str, workloads: Mapping[ObjectRef, JsonObject], *, labels: str = ""
    ) -> dict[ObjectRef, Household]:
        """Look at workloads of one namespace; the ReplicaSets come first, so that every pod's owner is among them."""
        at = self._client.now()
        sets: list[JsonObject] | None = []
        if any(ref.group_kind == DEPLOYMENT for ref in workloads):
            sets = self._list(REPLICA_SET, space, labels=labels)
        pods = self._list(POD, space, labels=labels)
        if pods is None or sets is None:
            return {}
        events = self._events(space, workloads)
        return {
            ref: household(body, pods=pods, replica_sets=sets, events=events, at=at, since=self._since)
            for ref, body in workloads.items()
        }

    def _events(self, space: str, workloads: Mapping[ObjectRef, JsonObject]) -> list[JsonObject]:
        """Ask why pods are missing, where no condition can tell."""
        silent = [body for ref, body in workloads.items() if ref.group_kind not in TELLING and lacks_pods(body)]
        if not silent:
            return []
        which = f"involvedObject.uid={uid(silent[0])}," if len(silent) == 1 else ""
        return self._list(EVENT, space, fields=f"{which}reason=FailedCreate") or []

    def _list(self, kind: GroupKind, space: str, *, labels: str = "", fields: str = "") -> list[JsonObject] | None:
        """Read a collection; None when it could not be read, and never asked for again when it may not be."""
        if self._stop() or (kind, space) in self._refused:
            return None
        try:
            resource = self._client.discovery.find(kind.group, "v1", kind.kind)
            if resource is None:
                return None
            pages = self._client.pages(resource, namespace=space, labels=labels, fields=fields, retry=ONCE)
            return [light(body) for page in pages for body in page.items]
        except ApiError as error:
            if error.status in _REFUSALS:
                self._refused.add((kind, space))
            return None
        except BrokkrError:
            return None
