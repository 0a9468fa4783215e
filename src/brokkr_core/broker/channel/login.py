"""Which PAK a line is dialled with, and what happens when the broker does not take it (contract 2.7, rule 19)."""

from __future__ import annotations

from brokkr_core.broker.channel.line import Dial, Line, LineEndedError
from brokkr_core.broker.credentials import CredentialSource, Pak
from brokkr_core.errors import ConfigError


class Login:
    """Opens lines with the PAK of a source, and asks the source again as long as the PAK is refused.

    Used by the channel's one thread only.

    Args:
        credentials: where the PAK comes from.
    """

    def __init__(self, credentials: CredentialSource) -> None:
        self._source = credentials
        self._pak: Pak | None = None
        self._refused = False

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
            if self._pak is None or self._refused:
                self._pak = self._source.pak()
            return self._dialled(dial, self._pak)
        except ConfigError as error:
            raise LineEndedError(error, refused=True) from None

    def refused_later(self) -> bool:
        """Hear that a line was closed because of its PAK; tell whether the source has no other."""
        self._refused = True
        try:
            return self._source.pak() == self._pak
        except ConfigError:
            return True

    def _dialled(self, dial: Dial, pak: Pak) -> Line:
        try:
            return self._once(dial, pak)
        except LineEndedError:
            another = self._source.pak() if self._refused else pak
            if another == pak:
                raise
        self._pak = another
        return self._once(dial, another)

    def _once(self, dial: Dial, pak: Pak) -> Line:
        try:
            line = dial(pak)
        except LineEndedError as ended:
            self._refused = ended.refused
            raise
        self._refused = False
        return line
