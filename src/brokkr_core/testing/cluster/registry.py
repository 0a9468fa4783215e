"""Which resources are served right now; custom ones come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from brokkr_core.testing.cluster.resource import Resource, StorageId


class Registry:
    """The served resources, by group, version and plural.

    Args:
        resources: what is served from the start.
        clock: what time it is.
    """

    def __init__(self, resources: Iterable[Resource], clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._served = {(resource.group, resource.version, resource.plural): resource for resource in resources}
        self._past: list[tuple[datetime, tuple[Resource, ...]]] = []
        self._announced: set[tuple[str, str]] = set()

    def announce(self, group: str, version: str, *, served: bool) -> None:
        """Show a group and version without resources, as that of an aggregated API, or show it no longer."""
        (self._announced.add if served else self._announced.discard)((group, version))

    def add(self, resource: Resource) -> None:
        """Serve a resource, replacing what stood under its name."""
        self._remember()
        self._served[resource.group, resource.version, resource.plural] = resource

    def drop(self, storage_id: StorageId) -> None:
        """Stop serving a resource in all its versions."""
        self._remember()
        group, plural = storage_id
        for key in [key for key in self._served if key[0] == group and key[2] == plural]:
            del self._served[key]

    def as_of(self, moment: datetime) -> Registry:
        """Return what was served at a moment, for a discovery that lags behind."""
        for changed, before in self._past:
            if changed > moment:
                return Registry(before, self._clock)
        return self

    def _remember(self) -> None:
        self._past.append((self._clock(), tuple(self._served.values())))

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """Return the resource under a path, if it is served."""
        return self._served.get((group, version, plural))

    def of(self, storage_id: StorageId) -> Resource | None:
        """Return the resource of stored objects in its first served version."""
        return next((r for r in self if r.storage_id == storage_id), None)

    def groups(self) -> dict[str, dict[str, list[Resource]]]:
        """Return group, then version, then resources, in the order they were added."""
        out: dict[str, dict[str, list[Resource]]] = {}
        for resource in self:
            out.setdefault(resource.group, {}).setdefault(resource.version, []).append(resource)
        for group, version in sorted(self._announced):
            out.setdefault(group, {}).setdefault(version, [])
        return out

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._served.values()))
