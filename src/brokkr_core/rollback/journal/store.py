"""Where journals are kept: append only, durable when an append returns."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True, order=True)
class Found:
    """A journal that a store holds. Names sort by the time the runs began."""

    name: str
    ended: bool


@frozen(kw_only=True)
class Kept:
    """What a store holds of one journal."""

    lines: tuple[bytes, ...] = field(default=(), repr=False)
    segments: int = 0  #: the number to append next


class JournalStore(Protocol):
    """Keeps journals as numbered segments of whole lines. One writer per journal; several journals at once."""

    @property
    def holds_secrets(self) -> bool:
        """Whether values of Secrets may be kept here."""

    def append(self, name: str, number: int, lines: bytes, *, last: bool = False) -> None:
        """Keep a segment; it is durable when this returns.

        Args:
            name: the journal; valid as a DNS subdomain of at most 200 characters.
            number: the segment, from 0, each greater than the one before it.
            lines: whole lines.
            last: the journal ends with it.

        Raises:
            BrokkrError: it is not kept, or nobody knows whether it is.
        """

    def read(self, name: str) -> Kept:
        """Return the whole lines of a journal, in order.

        What is not whole is left out: an append that never returned, or a loss, which the chain of the records shows.

        Raises:
            JournalError: it is there and cannot be read.
        """

    def found(self) -> tuple[Found, ...]:
        """Return all journals, oldest first."""

    def remove(self, name: str) -> None:
        """Delete a journal; nothing happens when there is none."""


def whole_lines(data: bytes) -> tuple[bytes, ...]:
    """Cut text into lines, newlines included; what stands behind the last newline is no line."""
    return tuple(line + b"\n" for line in data.split(b"\n")[:-1])
