"""The lanes of one channel, shared by those who speak and by the one who sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from brokkr_core.broker.channel.lanes import Gaps, Lane, Parcel, Queue
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.outgoing import Outgoing, Packer
from brokkr_core.model.stream import GapReason


class Waiting:
    """Takes frames in while a line is up, and hands them out one by one: control first, then telemetry, then gaps.

    Args:
        packer: writes the frames.
        limits: how much may wait.
        now: the time of day, with time zone.
    """

    def __init__(self, packer: Packer, limits: ChannelLimits, now: Callable[[], datetime]) -> None:
        self._packer = packer
        self._now = now
        self._changed = threading.Condition()
        self._control = Queue(limits.control_frames, limits.lane_bytes)
        self._telemetry = Queue(limits.telemetry_frames, limits.lane_bytes)
        self._gaps = Gaps()
        self._up = False
        self._closed = False
        self._dropped = dict.fromkeys(Lane, 0)

    def __len__(self) -> int:
        """Return how many frames wait."""
        with self._changed:
            return len(self._control) + len(self._telemetry) + len(self._gaps)

    def offer(self, said: Outgoing) -> bool:
        """Take a frame in; never waits.

        Args:
            said: what to say.

        Returns:
            Whether it will be sent as soon as its turn comes; false while there is no line, or no room.

        Raises:
            UsageError: the broker would drop it whatever happens.
        """
        now = self._now()
        parcel = self._packer.pack(said, now)
        with self._changed:
            taken = self._take_in(parcel, now)
            self._dropped[parcel.lane] += not taken
            self._changed.notify_all()
        return taken

    def take(self, timeout_seconds: float) -> Parcel | None:
        """Wait for the next frame to send.

        Args:
            timeout_seconds: how long to wait.

        Returns:
            The frame, or None: nothing came, or there is no line any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._something() or not self._up or self._closed, timeout_seconds)
            return self._next() if self._up else None

    def go_up(self) -> None:
        """Take frames in from now on."""
        with self._changed:
            self._up = True

    def go_down(self) -> None:
        """Take nothing in any more; what speaks of one moment is forgotten, since REST has told newer things by then.

        A late health report would overwrite a newer one (contract 5.9).
        """
        with self._changed:
            self._up = False
            self._dropped[Lane.CONTROL] += self._control.forget_moments()
            self._changed.notify_all()

    def close(self) -> None:
        """Take nothing in any more, but hand out what there is."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def dropped(self) -> dict[Lane, int]:
        """How many frames of each lane were not taken in, or forgotten with their line."""
        with self._changed:
            return dict(self._dropped)

    @property
    def up(self) -> bool:
        """Whether frames are taken in."""
        with self._changed:
            return self._up

    @property
    def done(self) -> bool:
        """Whether it was closed and everything was handed out."""
        with self._changed:
            return self._closed and not self._something()

    def _take_in(self, parcel: Parcel, now: datetime) -> bool:
        if self._closed or not self._up:
            self._lose(parcel, GapReason.DISCONNECTED, now)
            return False
        queue = self._control if parcel.lane is Lane.CONTROL else self._telemetry
        if self._tell_gaps_before(parcel, now) and queue.put(parcel):
            return True
        self._lose(parcel, GapReason.BUFFER_FULL, now)
        return False

    def _tell_gaps_before(self, parcel: Parcel, now: datetime) -> bool:
        """Put what is missing before a line ahead of it, so that a reader finds the gap where it is."""
        for gap in self._gaps.of(parcel.line_of) if parcel.line_of else ():
            if not self._telemetry.put(self._packer.pack(gap, now)):
                return False
            self._gaps.told(gap)
        return True

    def _lose(self, parcel: Parcel, reason: GapReason, now: datetime) -> None:
        if parcel.line_of:
            self._gaps.note(parcel.line_of, reason, now, parcel.frames)

    def _something(self) -> bool:
        return len(self._control) + len(self._telemetry) + len(self._gaps) > 0

    def _next(self) -> Parcel | None:
        parcel = self._control.take() or self._telemetry.take()
        if parcel is not None:
            return parcel
        gap = self._gaps.any()
        if gap is None:
            return None
        self._gaps.told(gap)
        return self._packer.pack(gap, self._now())
