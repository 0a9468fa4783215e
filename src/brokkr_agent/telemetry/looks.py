"""One look at the cluster after the other, each as long as a watch lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from brokkr_agent.telemetry.patience import Patience
from brokkr_core.errors import BrokkrError, ForbiddenError, GoneError


class Looks:
    """Looks at the cluster again and again, and less often while it refuses.

    Args:
        refused: hears, once, that we may not look.
    """

    def __init__(self, refused: Callable[[ForbiddenError], None]) -> None:
        self._refused = refused
        self._patience = Patience()

    @property
    def pause_seconds(self) -> float:
        """How long to wait before the next look."""
        return self._patience.seconds

    @contextmanager
    def one(self, gone: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Take in how the look went that is the ``with`` block.

        Args:
            gone: called when the server has forgotten where we were.

        Yields:
            Nothing.

        Raises:
            ApiError, NetworkError: the cluster said no, or nothing; but for a right that is missing.
        """
        try:
            yield
            self._patience = self._patience.well()
        except GoneError:
            self._patience = self._patience.well()
            gone()
        except ForbiddenError as error:
            if not self._patience.refused:
                self._refused(error)
            self._patience = self._patience.forbidden()
        except BrokkrError:
            self._patience = self._patience.trouble()
            raise
