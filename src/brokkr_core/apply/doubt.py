"""Was a request carried out although no good answer came? What its tries leave open."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from brokkr_core.errors import ApiError, BrokkrError, NetworkError
from brokkr_core.retry import Outcome, may_have_arrived


class Doubt:
    """Remembers whether a try may have been carried out although no good answer came.

    Args:
        tell: hears of every answer or lost answer after which the same request is sent again.
    """

    def __init__(self, tell: Callable[[Outcome], None]) -> None:
        self.any = False
        self._tell = tell

    def note(self, outcome: Outcome) -> None:
        """Take note of an answer or a lost answer after which the same request is sent again."""
        self.any = self.any or may_have_arrived(outcome)
        self._tell(outcome)

    def excludes(self, error: BrokkrError) -> bool:
        """Tell whether after this error it is certain that no try was carried out."""
        if isinstance(error, NetworkError):
            return not self.any and not error.sent
        return not self.any and isinstance(error, ApiError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
