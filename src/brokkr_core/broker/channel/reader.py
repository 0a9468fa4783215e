"""Reads one line until it ends: pushes become looks, everything else is passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from brokkr_core.broker.channel.events import ChannelEvent, ChannelObserver, FrameRefused, LookFailed
from brokkr_core.broker.channel.incoming import read_push
from brokkr_core.broker.channel.line import Line
from brokkr_core.broker.channel.looks import Looks, Reason
from brokkr_core.errors import DecodeError

#: The longest nap in a receive: how soon a close is noticed, and a write that hangs.
TICK_SECONDS = 0.25

#: Between two words about frames that cannot be read; a flood of them must not become a flood of a log.
REFUSAL_SPACING_SECONDS = 30.0


class Reader:
    """Hears what the broker says, on whatever line.

    Args:
        looks: collects reasons to look.
        on_look: is told that it is worth to look; called from the thread that reads.
        observe: hears of frames that cannot be read.
        monotonic: seconds that only ever go forward.
    """

    def __init__(
        self,
        looks: Looks,
        on_look: Callable[[frozenset[Reason]], None],
        observe: ChannelObserver,
        monotonic: Callable[[], float],
    ) -> None:
        self._looks = looks
        self._on_look = on_look
        self._observe = observe
        self._monotonic = monotonic
        self._quiet_until = float("-inf")
        self._untold = 0
        self.pushes: Counter[str] = Counter()
        self.looked = 0
        self.refused = 0
        self.unknown = 0

    def connected(self) -> None:
        """Make a new line a reason to look: nothing that was missed is sent again."""
        self._looks.note(Reason.CONNECTED)
        self._look_if_due()

    def hear(self, line: Line) -> None:
        """Wait for one frame, for a look that is due, or a tick, whichever comes first.

        Args:
            line: where to listen.

        Raises:
            LineEndedError: the line is gone.
        """
        due = self._looks.wait(self._monotonic())
        frame = line.receive(TICK_SECONDS if due is None else min(TICK_SECONDS, due))
        if frame is not None:
            self._understand(frame)
        self._look_if_due()

    def tell(self, event: ChannelEvent) -> None:
        """Tell the observer; what it raises is its own affair."""
        with suppress(Exception):
            self._observe(event)

    def _understand(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.unknown += 1
            return
        try:
            reason = read_push(frame)
        except DecodeError as error:
            self._refuse(error)
            return
        if reason is None:
            self.unknown += 1
        else:
            self.pushes[str(reason)] += 1
            self._looks.note(reason)

    def _refuse(self, error: DecodeError) -> None:
        self.refused += 1
        now = self._monotonic()
        if now < self._quiet_until:
            self._untold += 1
            return
        self._quiet_until = now + REFUSAL_SPACING_SECONDS
        more, self._untold = self._untold, 0
        self.tell(FrameRefused(error=error, more=more))

    def _look_if_due(self) -> None:
        reasons = self._looks.take(self._monotonic())
        if not reasons:
            return
        self.looked += 1
        try:
            self._on_look(reasons)
        except Exception as error:
            self.tell(LookFailed(kind=type(error).__name__))
