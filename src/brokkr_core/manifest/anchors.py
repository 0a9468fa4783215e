"""Anchors of the fast path: mappings and sequences that are named once and repeated by alias."""

from __future__ import annotations

from brokkr_core.manifest.aliases import copied
from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.limits import Limits
from brokkr_core.model.json import Json, JsonObject

#: With fewer values from aliases no document is refused for its share of them (``aliases.py``): up to 1000 values
#: in all are free, and of more than that these are not 99 in a hundred.
MOST_ALIASED = 900


class Anchors:
    """The anchors of one document that aliases may name."""

    def __init__(self, limits: Limits) -> None:
        """Start without any.

        Args:
            limits: ``alias_values`` is respected.
        """
        self._most = min(limits.alias_values, MOST_ALIASED)
        self._values: dict[str, tuple[Json, int]] = {}
        self._aliased = 0

    def begin(self, name: str) -> int:
        """Note that the value of an anchor begins; an alias inside it cannot mean it, nor an older one.

        Args:
            name: the anchor.

        Returns:
            What ``end`` has to be given.
        """
        self._values.pop(name, None)
        return self._aliased

    def end(self, name: str, value: Json, aliased_before: int) -> None:
        """Name a value that is complete.

        Args:
            name: the anchor.
            value: a mapping or a sequence.
            aliased_before: what ``begin`` returned.

        Raises:
            BailError: the value is a scalar, or holds aliases, so that it counts for more than it shows.
        """
        if not isinstance(value, dict | list) or self._aliased != aliased_before:
            raise BailError
        self._values[name] = (value, _weight(value))

    def alias(self, name: str) -> Json:
        """Return a copy of the value an alias stands for.

        Args:
            name: the anchor.

        Returns:
            The copy.

        Raises:
            BailError: there is no such anchor, or aliases stand for too much.
        """
        if name not in self._values:
            raise BailError
        value, weight = self._values[name]
        self._aliased += weight
        if self._aliased > self._most:
            raise BailError
        return copied(value)

    def merge(self, name: str, into: JsonObject) -> None:
        """Merge a mapping that is named by an alias: it overrides what stands before ``<<``.

        Args:
            name: the anchor.
            into: the mapping that is being read.

        Raises:
            BailError: as for ``alias``, or the value is a sequence.
        """
        value = self.alias(name)
        if not isinstance(value, dict):
            raise BailError
        into.update(value)


def _weight(value: Json) -> int:
    """Count values as ``events.py`` does: every key, every scalar and every container."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(_weight(member) for member in value.values())
    return 1 + sum(_weight(item) for item in value) if isinstance(value, list) else 1
