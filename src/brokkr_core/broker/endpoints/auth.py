"""Who am I (contract 2.5)."""

from __future__ import annotations

from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.operations import WHO_AM_I, Caller
from brokkr_core.model.broker import Identity


class Auth:
    """What the broker thinks of the PAK in use."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def whoami(self) -> Identity:
        """Ask whose PAK this is: for an agent the best way to learn its own id.

        Returns:
            The identity.

        Raises:
            BrokerAuthError: the broker does not know the PAK.
            BrokerUnreachableError: the broker does not answer.
        """
        return ask(self._caller, WHO_AM_I, Identity)
