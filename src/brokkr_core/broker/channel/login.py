"""Which PAK a line is dialled with, and what happens when the broker does not take it (contract 2.7, rule 19)."""

from __future__ import annotations

from brokkr_core.broker.channel.line import Dial, Line, LineEndedError
from brokkr_core.broker.credentials import CredentialSource, CurrentPak, Pak
from brokkr_core.errors import ConfigError


class Login:
    """Opens lines with the PAK of a source, and asks the source again as long as the PAK is refused.

    Args:
        credentials: where the PAK comes from.
    """

    def __init__(self, credentials: CredentialSource) -> None:
        self._paks = CurrentPak(credentials)
        self._last: Pak | None = None
        self._refused: Pak | None = None

    def open(self, dial: Dial) -> Line:
        """Dial; when the PAK is refused and there is another one by now, once more with that.

        Args:
            dial: opens lines.

        Returns:
            The line.

        Raises:
            LineEndedError: there is none; ``refused`` when the source has no PAK that the broker takes, or none.
        """
        try:
            return self._open(dial)
        except ConfigError as error:
            raise LineEndedError(error, refused=True) from None

    def has_another(self) -> bool:
        """Tell whether the source has another PAK than the one whose line was just closed as refused."""
        if self._last is None:
            return False
        self._refused = self._last
        try:
            return self._paks.renewed(self._last) is not None
        except ConfigError:
            return False

    def _open(self, dial: Dial) -> Line:
        self._last = self._current()
        try:
            return self._accepted(dial(self._last))
        except LineEndedError as ended:
            self._refused = self._last if ended.refused else None
            another = self._paks.renewed(self._last) if ended.refused else None
            if another is None:
                raise
        self._last = another
        try:
            return self._accepted(dial(another))
        except LineEndedError as ended:
            self._refused = another if ended.refused else None
            raise

    def _current(self) -> Pak:
        if self._refused is None:
            return self._paks.get()
        return self._paks.renewed(self._refused) or self._refused

    def _accepted(self, line: Line) -> Line:
        self._refused = None
        return line
