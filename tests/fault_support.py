"""One fault of the line or of the server, and the one error that has to come of it."""

from __future__ import annotations

import tracemalloc
from typing import Self

from attrs import frozen

from broker_support import AGENT, LONG_TOKEN, OTHER, PAK
from brokkr_core.broker import BrokerClient, HttpxTransport, LiteralPak, Pak, RetryPolicy, TlsFiles, TransportLimits
from brokkr_core.errors import BrokerError, BrokerUnreachableError, BrokkrError
from raw_line import RawLine, Trick

#: Small, so that floods end soon.
LIMITS = TransportLimits(answer_bytes=100_000, answer_seconds=1.0, connect_seconds=2.0)

#: What one answer may cost in memory: a body of the limit, its pieces, and what the library buffers.
MEMORY_BYTES = 3_000_000

ENDPOINT = f"GET /api/v1/agents/{AGENT}"


@frozen(kw_only=True)
class Fault:
    """A fault.

    Args:
        name: what is wrong.
        trick: what the server does.
        error: exactly the type that is raised; None when the answer is a good one all the same.
        words: part of its text.
        status: of a BrokerError.
        code: of a BrokerError.
        request_id: of a BrokerError; empty when the server named none and ours is told.
        sent: of a BrokerUnreachableError.
    """

    name: str
    trick: Trick
    error: type[BrokkrError] | None
    words: str = ""
    status: int = 0
    code: str = ""
    request_id: str = ""
    sent: bool = True


class Pair:
    """Two clients over the same connections: one tries once, the other again, as clients do."""

    def __init__(self, url: str, *, tls: TlsFiles | None = None, limits: TransportLimits = LIMITS) -> None:
        self.transport = HttpxTransport(url, tls=tls, limits=limits, use_environment=False)
        pak = LiteralPak(value=Pak(text=PAK))
        patient = RetryPolicy(attempts=3, base_seconds=0.01)
        self.once = BrokerClient(self.transport, pak, retry=RetryPolicy(attempts=1), timeout_seconds=0.5)
        self.patient = BrokerClient(self.transport, pak, retry=patient, timeout_seconds=5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()


def survives(fault: Fault) -> None:
    """Let a fault happen to a client, and see one right error, little memory, and the next exchange."""
    with RawLine(fault.trick) as line, Pair(line.url) as client:
        assert client.patient.agents.get(OTHER).id == OTHER
        tracemalloc.start()
        error = _error_of(client.once)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MEMORY_BYTES
        _fits(fault, error)
        assert client.patient.agents.get(OTHER).id == OTHER
        asked = [head for head in line.heads if AGENT.encode() in head]
        assert len(asked) == 1, "asked once, and nobody else was told the PAK"
        assert client.transport.metrics().lent == 0


def _error_of(client: BrokerClient) -> BrokkrError | None:
    try:
        client.agents.get(AGENT)
    except BrokkrError as error:
        return error
    return None


def _fits(fault: Fault, error: BrokkrError | None) -> None:
    if fault.error is None or error is None:
        assert error is None, repr(error)
        assert fault.error is None, "there was no error"
        return
    told = str(error)
    assert type(error) is fault.error, repr(error)
    assert fault.words in told
    assert ENDPOINT in told
    assert len(told) < 1000
    assert LONG_TOKEN[:8] not in f"{told}{error.__cause__}{error.__context__}"
    if isinstance(error, BrokerUnreachableError):
        assert error.sent is fault.sent
    if isinstance(error, BrokerError):
        assert (error.status, error.code, error.endpoint) == (fault.status, fault.code, ENDPOINT)
        assert error.request_id == fault.request_id if fault.request_id else len(error.request_id) == 32
