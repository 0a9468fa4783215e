"""Why there is no line: one error of the right kind for each reason, and no PAK in any of them."""

from __future__ import annotations

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidHeader,
    InvalidMessage,
    InvalidURI,
    ProxyError,
    WebSocketException,
)
from websockets.frames import Close
from websockets.http11 import Response

from broker_support import LONG_TOKEN, PAK
from brokkr_core.broker.channel import ChannelLimits
from brokkr_core.broker.channel.address import AGENT_ENTRANCE
from brokkr_core.broker.channel.closing import UpgradeRefusedError, failed_dial, lost_line
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    BrokkrError,
    ConfigError,
    NotABrokerError,
)

URL = "ws://broker:3000/internal/ws/agent"


def answer(status: int, body: bytes = b"", **headers: str) -> UpgradeRefusedError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return UpgradeRefusedError(Response(status, "", Headers(named), body))


@pytest.mark.parametrize(
    ("refused", "kind", "words"),
    [
        (answer(401), BrokerAuthError, "401 to GET /internal/ws/agent: the PAK is unknown"),
        (answer(403), BrokerAuthError, "only the PAK of an agent is let in"),
        (answer(403, b"no", content_type="text/plain"), BrokerAuthError, "403 .*: no"),
        (answer(404, b"Not Found", content_type="text/plain"), BrokerError, "404 .*: Not Found"),
        (answer(500), BrokerError, "500"),
        (answer(503, b"<html>", content_type="text/html"), BrokerError, "a proxy answered"),
        (answer(301, location="https://elsewhere/"), BrokerError, "a redirect to https://elsewhere/, which is not"),
        (answer(200, b"<html>", content_type="text/html"), NotABrokerError, r"\(text/html\) where an upgrade is due"),
        (answer(204), NotABrokerError, r"\(no stated type\) where an upgrade is due"),
    ],
)
def test_an_answer_that_is_no_upgrade_is_the_error_of_its_status(
    refused: UpgradeRefusedError, kind: type[BrokkrError], words: str
) -> None:
    ended = failed_dial(refused, URL, AGENT_ENTRANCE)

    assert type(ended.error) is kind
    assert ended.refused == (kind is BrokerAuthError)
    with pytest.raises(kind, match=words):
        raise ended.error


def test_a_busy_proxy_is_listened_to() -> None:
    assert failed_dial(answer(503, Retry_After="7"), URL, AGENT_ENTRANCE).retry_after == 7.0


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), BrokerUnreachableError, "no line .*Connection refused"),
        (TimeoutError("timed out"), BrokerUnreachableError, "timed out"),
        (InvalidMessage("did not receive a valid HTTP response"), BrokerUnreachableError, "valid HTTP response"),
        (ProxyError("failed"), BrokerUnreachableError, "the proxy refused"),
        (InvalidHeader("Upgrade", "none"), NotABrokerError, "no WebSocket: invalid Upgrade"),
        (ImportError("python-socks"), ConfigError, "proxy environment"),
        (InvalidURI("ws://me:s3cret@x", "no"), ConfigError, "unusable"),
        (ValueError("s3cret"), ConfigError, "unusable"),
    ],
)
def test_a_dial_that_fails_is_told_in_our_words(error: Exception, kind: type[BrokkrError], words: str) -> None:
    ended = failed_dial(error, URL, AGENT_ENTRANCE)

    assert type(ended.error) is kind
    assert not ended.refused
    assert "s3cret" not in str(ended.error)
    with pytest.raises(kind, match=words):
        raise ended.error


def they(code: int, reason: str = "") -> WebSocketException:
    return ConnectionClosedError(Close(code, reason), Close(code, reason), True)


def we(code: int) -> WebSocketException:
    return ConnectionClosedError(None, Close(code, "keepalive ping timeout"))


@pytest.mark.parametrize(
    ("closed", "kind", "words"),
    [
        (they(1000), BrokerUnreachableError, "closed the line with 1000$"),
        (they(1001, "restarting"), BrokerUnreachableError, r"with 1001 \(restarting\)"),
        (they(1011), BrokerUnreachableError, "with 1011"),
        (they(1008, "who are you"), BrokerAuthError, "403 .*with 1008"),
        (they(3000), BrokerAuthError, "401"),
        (they(4401, f"unknown {PAK}"), BrokerAuthError, "401 .*with 4401"),
        (they(4403), BrokerAuthError, "403"),
        (we(1011), BrokerUnreachableError, "no sign of life for 10 s"),
        (we(1009), NotABrokerError, "a frame of more than 4194304 bytes; raise ChannelLimits.incoming_bytes"),
        (we(1002), NotABrokerError, "broken WebSocket framing"),
        (we(1007), NotABrokerError, "no UTF-8"),
        (ConnectionClosedError(None, None), BrokerUnreachableError, "the line broke"),
        (ConnectionClosedError(Close(1000, ""), Close(1009, ""), False), NotABrokerError, "a frame of more than"),
    ],
)
def test_a_line_that_is_gone_is_told_by_who_ended_it(
    closed: ConnectionClosedError, kind: type[BrokkrError], words: str
) -> None:
    ended = lost_line(closed, URL, AGENT_ENTRANCE, ChannelLimits())

    assert type(ended.error) is kind
    assert ended.refused == (kind is BrokerAuthError)
    assert LONG_TOKEN not in str(ended.error)
    with pytest.raises(kind, match=words):
        raise ended.error
