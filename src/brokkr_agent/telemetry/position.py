"""How far a log was told, so that after a break it goes on with the next line and no line comes twice. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

_SECOND = 1_000_000_000


class Position:
    """Where in a log we are.

    A log can be asked for from a second on, and no finer, so after a break the lines of the last second come again, in
    the same order. So many of them are passed over as were told; a line that is younger than all that was told is new
    whatever was counted, since a log that was rotated, or begun anew by a restart, lacks the older ones.

    Args:
        begin: older lines are never told, such as those from before this process.
    """

    def __init__(self, begin: datetime) -> None:
        self._begin = int(begin.timestamp()) * _SECOND
        self._second = self._begin
        self._newest = -1
        self._told = 0  #: lines of ``_second`` and later
        self._left = 0

    @property
    def since(self) -> datetime:
        """From when on to ask."""
        return datetime.fromtimestamp(self._second // _SECOND, UTC)

    def again(self) -> None:
        """The log is about to be read from ``since`` on."""
        self._left = self._told

    def fresh(self, at: int) -> bool:
        """Take in the next line.

        Args:
            at: when it was written, in nanoseconds since 1970.

        Returns:
            Whether it was not told yet.
        """
        if at < self._begin:
            return False
        if self._left and at <= self._newest:
            self._left -= 1
            return False
        self._left = 0
        second = at - at % _SECOND
        if second > self._second:
            self._second, self._told = second, 0
        self._told += at >= self._second
        self._newest = max(self._newest, at)
        return True
