"""What was looked up or seen lately: bounded in number and in age. Pure: the time is passed in."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers values by key; what was not used for longest is forgotten first.

    Args:
        most: so many keys at once.
        seconds: after this long a value counts no more; infinite keeps it as long as there is room.
    """

    def __init__(self, most: int, seconds: float = float("inf")) -> None:
        self._most = most
        self._seconds = seconds
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._known)

    def get(self, key: K, now: float) -> V | None:
        """Return what is remembered.

        Args:
            key: of what.
            now: seconds of a clock that never goes back.

        Returns:
            The value, or None when there is none, or it is too old.
        """
        found = self._known.get(key)
        if found is None:
            return None
        since, value = found
        if now - since > self._seconds:
            del self._known[key]
            return None
        self._known.move_to_end(key)
        return value

    def put(self, key: K, value: V, now: float) -> None:
        """Remember a value from now on."""
        self._known.pop(key, None)
        self._known[key] = (now, value)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
