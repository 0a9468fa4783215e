"""The log of a container, line by line as it is written, each with its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import field, frozen

from brokkr_core.kube.streamed import Streamed
from brokkr_core.kube.transport import LONGEST_TEXT_BYTES
from brokkr_core.model.sized import sized

#: A silence that is longer counts as a line that is dead; whoever follows goes on where it was.
SILENCE_SECONDS = 300.0

_SECOND = 1_000_000_000
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z")


@frozen(kw_only=True)
class LogLine:
    """One line. The text is never in the ``repr``: it may hold anything.

    Args:
        at: when it was written, in nanoseconds since 1970.
        text: without its end; bytes that are no UTF-8 are replaced.
        whole: false for a line that was longer than ``LONGEST_TEXT_BYTES``; the rest of it is passed over.
    """

    at: int
    text: str = field(repr=sized)
    whole: bool = True

    @property
    def written(self) -> datetime:
        """When it was written, in microseconds."""
        seconds, rest = divmod(self.at, _SECOND)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


class LogStream(Streamed):
    """A log that is read as it comes: iterate over it in one thread, close it from any.

    Args:
        request: what was asked, with ``timestamps``; for messages.
        stream: the answer.

    Raises:
        ApiError: a refusal, as for a container that has not started.
    """

    def __iter__(self) -> Iterator[LogLine]:
        """Yield lines until the log ends or somebody closes it.

        Raises:
            ClusterUnreachableError: the line broke, or nothing came for too long.
        """
        for piece in self._stream:
            line = read_line(piece)
            if line is not None:
                yield line


def read_line(piece: bytes) -> LogLine | None:
    """Read a line that begins with its time, as a kubelet writes it; the rest of a line that was too long has none."""
    head, _, text = piece.rstrip(b"\r\n").partition(b" ")
    at = _nanoseconds(head)
    if at is None:
        return None
    return LogLine(at=at, text=text.decode(errors="replace"), whole=len(piece) <= LONGEST_TEXT_BYTES)


def _nanoseconds(stamp: bytes) -> int | None:
    found = _STAMP.match(stamp)
    if found is None:
        return None
    try:
        seconds = datetime.fromisoformat(f"{found[1].decode()}{found[3].decode().replace('Z', '+00:00')}").timestamp()
    except ValueError:
        return None
    return int(seconds) * _SECOND + int((found[2] or b"0").ljust(9, b"0"))
