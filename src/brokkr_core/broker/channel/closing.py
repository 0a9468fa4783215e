"""Why there is no line: the WebSocket library's reasons in our words (contract 8.1)."""

from __future__ import annotations

from datetime import UTC, datetime

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, ProxyError
from websockets.http11 import Response as UpgradeAnswer

from brokkr_core.broker.answer import not_a_broker, refusal, shown
from brokkr_core.broker.channel.address import Entrance
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import LineEndedError
from brokkr_core.errors import BrokerAuthError, BrokerUnreachableError, ConfigError, NotABrokerError, cut
from brokkr_core.model.http import Response
from brokkr_core.retry import retry_after_seconds

#: How a server says after the upgrade that it does not want this PAK: RFC 6455 section 7.4.1, the registry of close
#: codes (3000, 3003), and the widespread 4000 + HTTP status. The broker itself refuses before the upgrade.
_REFUSED = {1008: 403, 3000: 401, 3003: 403, 4401: 401, 4403: 403}

#: What the other side did when we closed the line because of it (RFC 6455 section 7.4.1).
_BROKEN = {1002: "broken WebSocket framing", 1007: "a text frame that is no UTF-8"}

_FRAME_KEPT = 64 * 1024


class UpgradeRefusedError(Exception):
    """The upgrade was answered with an ordinary answer.

    Args:
        answer: the answer; it is no exception of the library, which would follow a redirect with the PAK.
    """

    def __init__(self, answer: UpgradeAnswer) -> None:
        self.answer = answer
        super().__init__(f"answered with {answer.status_code}")


def refused_upgrade(answer: UpgradeAnswer, entrance: Entrance) -> LineEndedError:
    """Say what an ordinary answer to the upgrade means.

    Args:
        answer: with any status but 101.
        entrance: where it was asked for.

    Returns:
        The end to raise: 401 and 403 are about the PAK, a good status is no broker's, the rest is the broker's no.
    """
    headers = {name.lower(): value for name, value in answer.headers.raw_items()}
    response = Response(status=answer.status_code, headers=headers, body=bytes(answer.body or b"")[:_FRAME_KEPT])
    if 200 <= response.status < 300:
        problem = f"an ordinary answer ({shown(response.content_type, 60) or 'no stated type'}) where an upgrade is due"
        return LineEndedError(not_a_broker(response, endpoint=entrance.endpoint, problem=problem))
    if response.status == 403 and not response.body.strip():
        return LineEndedError(
            BrokerAuthError(status=403, endpoint=entrance.endpoint, detail=entrance.refusal), refused=True
        )
    asked = retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC))
    refused = response.status in (401, 403)
    return LineEndedError(refusal(response, endpoint=entrance.endpoint), refused=refused, retry_after=asked)


def failed_dial(error: Exception, url: str, entrance: Entrance) -> LineEndedError:
    """Say why no line could be opened.

    Args:
        error: what the library or the system raised.
        url: what was dialled.
        entrance: what messages call it.

    Returns:
        The end to raise; the text of the library is kept where it cannot quote a header.
    """
    if isinstance(error, UpgradeRefusedError):
        return refused_upgrade(error.answer, entrance)
    words = cut(str(error), 200) or type(error).__name__
    if isinstance(error, ProxyError | InvalidMessage | ConnectionClosed | OSError):
        what = "the proxy refused" if isinstance(error, ProxyError) else "no line"
        return LineEndedError(BrokerUnreachableError(f"{entrance.endpoint} at {url}: {what} ({words})", sent=False))
    if isinstance(error, InvalidHandshake):
        return LineEndedError(NotABrokerError(status=101, endpoint=entrance.endpoint, detail=f"no WebSocket: {words}"))
    where = "proxy environment" if isinstance(error, ImportError) else "WebSocket URL or proxy environment"
    return LineEndedError(ConfigError([f"{where}: unusable ({type(error).__name__})"]))


def lost_line(closed: ConnectionClosed, url: str, entrance: Entrance, limits: ChannelLimits) -> LineEndedError:
    """Say why a line that was up is gone.

    Args:
        closed: who sent which close frame.
        url: what was dialled.
        entrance: what messages call it.
        limits: for the words.

    Returns:
        The end to raise.
    """
    if closed.rcvd is not None and closed.rcvd_then_sent is not False:
        return _closed_by_them(closed.rcvd.code, closed.rcvd.reason, url, entrance)
    code = closed.sent.code if closed.sent is not None else None
    if code == 1009:
        detail = f"a frame of more than {limits.incoming_bytes} bytes; raise ChannelLimits.incoming_bytes if it is due"
        return LineEndedError(NotABrokerError(status=101, endpoint=entrance.endpoint, detail=detail))
    if code in _BROKEN:
        return LineEndedError(NotABrokerError(status=101, endpoint=entrance.endpoint, detail=_BROKEN[code]))
    silent = f"no sign of life for {limits.pong_seconds:g} s" if code == 1011 else "the line broke"
    return LineEndedError(BrokerUnreachableError(f"{entrance.endpoint} at {url}: {silent}"))


def _closed_by_them(code: int, reason: str, url: str, entrance: Entrance) -> LineEndedError:
    said = f"the other side closed the line with {code}"
    said += f" ({shown(reason, 120)})" if reason else ""
    if code in _REFUSED:
        return LineEndedError(
            BrokerAuthError(status=_REFUSED[code], endpoint=entrance.endpoint, detail=said), refused=True
        )
    return LineEndedError(BrokerUnreachableError(f"{entrance.endpoint} at {url}: {said}"))
