"""Who did what to the cluster: a witness of every committed change, and a line on which others cut in.

It knows nothing of what the engine records, and compares with words of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus

from attrs import frozen

from brokkr_core.apply.difference.paths import changed_paths, overlap
from brokkr_core.kube.transport import Stream
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.store import Event
from world_support import Others, Write

Place = tuple[str, str, str, str]  #: group, plural, namespace, name
APART_SECONDS = 2.0
_SERVERS = ("creationTimestamp", "generation", "managedFields", "resourceVersion")


@frozen(kw_only=True)
class CutIn:
    """Somebody else writes just before the engine's nth request to the same object."""

    write: Write
    nth: int


class Witness:
    """Sees every change to a cluster from now on, and whose it is."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self._now: dict[Place, JsonObject] = cluster.cluster.objects()
        self.others_at_work = False
        self.before: dict[Place, JsonObject | None] = {}  #: what the engine touched, as it stood before that
        self.last: dict[Place, JsonObject | None] = {}  #: as it stood when the engine last had to do with it
        self._ours: dict[Place, set[str]] = {}  #: paths that the engine has changed
        self._theirs: dict[Place, set[str]] = {}  #: paths that others have changed where the engine had not
        cluster.cluster.add_reactor(self._hear)

    def look(self, request: Request) -> None:
        """Note what stands where the engine has just looked, or written."""
        place = place_of(request.path)
        if place is not None:
            self.last[place] = self._now.get(place)

    def changed(self) -> dict[Place, tuple[Json, Json]]:
        """Everything the engine touched that is not as it was: values, owners, identity, existence."""
        pairs = {place: (_whole(body), _whole(self.last.get(place))) for place, body in self.before.items()}
        return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}

    def unexcused(self) -> list[str]:
        """What the engine touched and is not there as before, or has a value that nobody else has given it."""
        found = []
        for place, body in self.before.items():
            last = self.last.get(place)
            if body is None or last is None:
                found += [f"{place}: existence"] if body is not last else []
                continue
            theirs = self._theirs.get(place, set())
            wrong = [path for path in changed_paths(body, last) if not any(overlap(path, one) for one in theirs)]
            found += [f"{place}: {path}" for path in wrong]
        return found

    def _hear(self, _core: Core, event: Event) -> None:
        place = (*event.storage_id, *event.key)
        after = None if event.type == "DELETED" else event.body
        self._now.pop(place, None)
        self._now |= {} if after is None else {place: after}
        paths = {*changed_paths(event.before or {"metadata": {}}, after or {"metadata": {}})}
        if self.others_at_work:
            ours = self._ours.get(place, set())
            free = {path for path in paths if not any(overlap(path, one) for one in ours)}
            self._theirs.setdefault(place, set()).update(free)
            return
        self.before.setdefault(place, event.before)
        self.last[place] = after
        self._ours.setdefault(place, set()).update(paths)


class Line:
    """The engine's way to the cluster: others cut in, the time goes on, and some answers are turned into errors.

    Args:
        cluster: the cluster.
        cut_ins: what others do, and when.
        swallowed: which of the writes that were carried out are answered with 500 all the same, from 1.
    """

    def __init__(self, cluster: EmbeddedCluster, cut_ins: Iterable[CutIn], swallowed: frozenset[int]) -> None:
        self.witness = Witness(cluster)
        self._cluster = cluster
        self._inner = cluster.transport()
        self._others = Others(cluster)
        self._waiting = list(cut_ins)
        self._swallowed = swallowed
        self._asked: Counter[Place] = Counter()
        self._writes = 0

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Let others go first, pass a request on, and look what became of it."""
        self._cluster.advance(0.1)
        self._cut_in(request)
        try:
            response = self._inner.send(request, timeout_seconds=timeout_seconds)
        finally:
            self.witness.look(request)
        written = request.method != "GET" and "dryRun" not in request.query and response.status < 300
        self._writes += written
        if written and self._writes in self._swallowed:
            return Response(status=HTTPStatus.INTERNAL_SERVER_ERROR, headers={}, body=json.dumps({}).encode())
        return response

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        """Pass a watch on."""
        return self._inner.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Close the line."""
        self._inner.close()

    def all_cut_in(self) -> None:
        """Let everybody who still waits write now."""
        for one in self._waiting:
            self._write(one.write)
        self._waiting = []

    def _cut_in(self, request: Request) -> None:
        place = place_of(request.path)
        if place is None:
            return
        self._asked[place] += 1
        for one in [one for one in self._waiting if (one.write.kind.lower() + "s", one.write.name) == place[1::2]]:
            if self._asked[place] >= one.nth:
                self._waiting.remove(one)
                self._write(one.write)

    def _write(self, write: Write) -> None:
        """Write seconds apart from the engine: what shares one with a write in doubt cannot be told from it."""
        self._cluster.advance(APART_SECONDS)
        self.witness.others_at_work = True
        try:
            self._others.write(write)
        finally:
            self.witness.others_at_work = False
        self._cluster.advance(APART_SECONDS)


def place_of(path: str) -> Place | None:
    """Read which object a path is about; None when it is about none, or about several."""
    parts = path.strip("/").split("/")
    group = parts[1] if parts[0] == "apis" and len(parts) > 2 else ""
    rest = parts[3:] if parts[0] == "apis" else parts[2:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return (group, rest[0], namespace, rest[1]) if len(rest) == 2 else None


def _whole(body: JsonObject | None) -> Json:
    """An object as it is compared: everything but status and what the server counts, and who owns which field."""
    if body is None:
        return None
    metadata = as_object(body["metadata"])
    owners = [
        [dig(one, member) for member in ("manager", "operation", "apiVersion", "subresource", "fieldsV1")]
        for one in as_list(metadata.get("managedFields"))
        if dig(one, "subresource") != "status"
    ]
    kept: JsonObject = {key: value for key, value in metadata.items() if key not in _SERVERS and value not in ({}, [])}
    owned: list[Json] = [json.dumps(one, sort_keys=True) for one in owners]
    owned.sort(key=str)
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": kept, "owners": owned}
