"""A broker in process with agents, and a line to it that loses what a test says."""

from __future__ import annotations

from brokkr_core.broker import BrokerClient, LiteralPak, Pak, RetryPolicy
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import EmbeddedBroker


class Wire:
    """Carries requests to a broker in process. What is to be lost is named by the end of its path, once each."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker
        self.lose_request: list[str] = []
        self.lose_answer: list[str] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        if _taken(self.lose_request, request.path):
            raise BrokerUnreachableError("no connection", sent=False)
        response = self._broker.handle(request)
        if _taken(self.lose_answer, request.path):
            raise BrokerUnreachableError("the connection broke", sent=True)
        return response

    def close(self) -> None:
        pass


def _taken(endings: list[str], path: str) -> bool:
    for ending in endings:
        if path.endswith(ending):
            endings.remove(ending)
            return True
    return False


class Party:
    """One agent of a broker, with its line and its client."""

    def __init__(self, broker: EmbeddedBroker, name: str) -> None:
        issued = operator(broker).agents.create(name, name)
        self.id = issued.agent.id
        self.wire = Wire(broker)
        self.pak = LiteralPak(value=Pak(text=issued.pak.reveal()))
        self.client = BrokerClient(self.wire, self.pak, retry=RetryPolicy(attempts=1))


def operator(broker: EmbeddedBroker) -> BrokerClient:
    """A client of the broker's operator."""
    return BrokerClient(Wire(broker), LiteralPak(value=Pak(text=broker.admin_pak)), retry=RetryPolicy(attempts=1))


def calls(broker: EmbeddedBroker, ending: str) -> list[int]:
    """The statuses of all calls whose path ends so."""
    return [one.status for one in broker.requests if one.path.endswith(ending)]


def never() -> bool:
    return False
