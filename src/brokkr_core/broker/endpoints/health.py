"""Whether the broker is ready (contract section 1)."""

from __future__ import annotations

from brokkr_core.broker.operations import READY, Caller
from brokkr_core.errors import BrokerError, NotABrokerError


class Health:
    """The readiness probe; it needs no PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def ready(self) -> bool:
        """Ask once whether the broker and its database are ready.

        Returns:
            True for the broker's ``Ready``, False for its 503.

        Raises:
            NotABrokerError: 200 with another text, such as the console's page for an unknown path.
            BrokerError: another status.
            BrokerUnreachableError: the broker does not answer.
        """
        request = READY.request()
        try:
            response = self._caller.call(request, repeat=READY.repeat)
        except BrokerError as error:
            if error.status == 503:
                return False
            raise
        if response.content_type != "text/plain" or response.body.strip() != b"Ready":
            problem = "no broker's readiness answer; look at the broker URL: it has to be the broker's root"
            raise NotABrokerError(status=response.status, endpoint=request.endpoint, detail=problem)
        return True
