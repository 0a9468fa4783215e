"""What the cluster serves: two requests for everything, kept in memory, refreshed once for all who miss."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from attrs import field, frozen

from brokkr_core.errors import BrokkrError, NotFoundError, ServerFaultError, UsageError
from brokkr_core.manifest.names import path_segment_fault
from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.ref import split_api_version

#: Aggregated discovery (KEP-3352): one document per root instead of one request per group and version.
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

#: A miss asks the cluster again, but not more often than this.
MISS_INTERVAL_SECONDS = 1.0


@frozen(kw_only=True)
class Resource:
    """One served resource: how a kind is called in a URL, and where its objects live."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = field(factory=frozenset)
    subresources: frozenset[str] = field(factory=frozenset)

    def path(self, *, namespace: str = "", name: str = "") -> str:
        """Return the URL path of the collection, or of one object in it.

        Raises:
            UsageError: a name that would lead to another path, and so to another object.
        """
        for word in (namespace, name):
            if path_segment_fault(word):
                raise UsageError(f"{self.kind} {word!r}: a name {path_segment_fault(word)}")
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        space = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{space}/{self.plural}" + (f"/{name}" if name else "")


class Discovery:
    """The resources a cluster serves.

    Args:
        ask: sends a request and returns the JSON of a good answer; raises ``ApiError``,
            ``ClusterUnreachableError`` or ``StoppedError``.
        clock: seconds that never go back.
    """

    def __init__(self, ask: Callable[[Request], JsonObject], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str, str], Resource] = {}
        self._served: frozenset[tuple[str, str]] = frozenset()
        self._began_at: float | None = None  #: when the last good reading began, and when it ended
        self._read_at: float | None = None
        self._failed: tuple[float, BrokkrError] | None = None

    def find(
        self, group: str, version: str, kind: str, *, miss_interval_seconds: float = MISS_INTERVAL_SECONDS
    ) -> Resource | None:
        """Look a kind up; a miss reads the cluster once more, one reader at a time.

        Args:
            group: API group, empty for the core.
            version: API version.
            kind: the kind as a manifest writes it.
            miss_interval_seconds: a miss is believed when the cluster was read less than this ago; whoever knows
                that the kind must show up now asks with less patience.

        Returns:
            The resource, or None when the cluster does not serve it now.
        """
        key = (group, version, kind)
        asked_at = self._clock()
        if self._read_at is not None and key in self._found:
            return self._found[key]
        with self._lock:
            fresh = self._read_at is not None and (
                self._read_at >= asked_at or asked_at - self._read_at < miss_interval_seconds
            )
            if not fresh:
                self._read_for(asked_at)
        return self._found.get(key)

    def resources(self) -> tuple[Resource, ...]:
        """Return everything served, sorted; reads the cluster if nothing was read yet."""
        with self._lock:
            if self._read_at is None:
                self._read()
        return tuple(sorted(self._found.values(), key=lambda one: (one.group, one.plural, one.version)))

    def refresh(self) -> None:
        """Read the cluster again, for example after an APIService became available; one reading serves all who wait."""
        asked_at = self._clock()
        with self._lock:
            if self._began_at is None or self._began_at < asked_at:
                self._read_for(asked_at)

    def serves(self, group: str, version: str) -> bool:
        """Tell whether the last reading showed a group and version, and not only from the server's memory of it."""
        return (group, version) in self._served

    def _read_for(self, asked_at: float) -> None:
        """Read, unless a read has failed while the caller waited its turn: one failure answers all who waited."""
        if self._failed is not None and self._failed[0] >= asked_at:
            raise self._failed[1]
        try:
            self._read()
        except BrokkrError as error:
            self._failed = (self._clock(), error)
            raise

    def _read(self) -> None:
        found: dict[tuple[str, str, str], Resource] = {}
        served: set[tuple[str, str]] = set()
        began_at = self._clock()
        for root in ("/api", "/apis"):
            answer = self._ask(Request(method="GET", path=root, headers={"accept": f"{AGGREGATED},application/json"}))
            entries = _aggregated(answer, served) if _is_aggregated(answer) else self._legacy(root, answer, served)
            found.update({(one.group, one.version, one.kind): one for one in entries})
        self._found, self._served = found, frozenset(served)
        self._began_at, self._read_at = began_at, self._clock()

    def _legacy(self, root: str, document: Json, served: set[tuple[str, str]]) -> Iterator[Resource]:
        """Servers before 1.26, and proxies that strip the Accept header: one request per group and version."""
        if root == "/api":
            versions = [as_text(version) for version in as_list(dig(document, "versions"))]
        else:
            versions = [
                as_text(dig(version, "groupVersion"))
                for group in as_list(dig(document, "groups"))
                for version in as_list(dig(group, "versions"))
            ]
        for version in versions:
            try:
                answer = self._ask(Request(method="GET", path=f"{root}/{version}"))
            except (NotFoundError, ServerFaultError):
                continue  # an APIService without its backend must not hide every other kind
            served.add(split_api_version(version))
            yield from _resource_list(answer)


def _is_aggregated(document: Json) -> bool:
    return dig(document, "kind") == "APIGroupDiscoveryList"


def _aggregated(document: Json, served: set[tuple[str, str]]) -> Iterator[Resource]:
    for group in as_list(dig(document, "items")):
        for version in as_list(dig(group, "versions")):
            if dig(version, "freshness") != "Stale":
                served.add((as_text(dig(group, "metadata", "name")), as_text(dig(version, "version"))))
            # A stale entry is the server's memory of an APIService that does not answer: better than nothing.
            for entry in as_list(dig(version, "resources")):
                yield Resource(
                    group=as_text(dig(group, "metadata", "name")),
                    version=as_text(dig(version, "version")),
                    kind=as_text(dig(entry, "responseKind", "kind")),
                    plural=as_text(dig(entry, "resource")),
                    namespaced=dig(entry, "scope") == "Namespaced",
                    verbs=frozenset(as_text(verb) for verb in as_list(dig(entry, "verbs"))),
                    subresources=frozenset(
                        as_text(dig(sub, "subresource")) for sub in as_list(dig(entry, "subresources"))
                    ),
                )


def _resource_list(document: Json) -> Iterator[Resource]:
    group, version = split_api_version(as_text(dig(document, "groupVersion")))
    entries = [as_object(entry) for entry in as_list(dig(document, "resources"))]
    for entry in entries:
        plural = as_text(entry.get("name"))
        if "/" in plural:
            continue
        subresources = (as_text(other.get("name")).partition("/") for other in entries)
        yield Resource(
            group=group,
            version=version,
            kind=as_text(entry.get("kind")),
            plural=plural,
            namespaced=entry.get("namespaced") is True,
            verbs=frozenset(as_text(verb) for verb in as_list(entry.get("verbs"))),
            subresources=frozenset(sub for parent, _, sub in subresources if sub and parent == plural),
        )
