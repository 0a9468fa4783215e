"""Carry one webhook delivery to its receiver (contract 5.12): nothing of its URL or credentials is ever told."""

from __future__ import annotations

import ssl
import time
from functools import cached_property
from urllib.parse import urlsplit

from attrs import evolve

from brokkr_core.broker.introduction import introduction
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.line import Line, checked
from brokkr_core.broker.tls import TlsFiles, client_context, plain_context
from brokkr_core.broker.watchdog import Watchdog
from brokkr_core.errors import BrokerUnreachableError, BrokkrError, NotABrokerError
from brokkr_core.model.http import Request
from brokkr_core.model.webhooks import DeliveryResult, PendingDelivery

#: So much of a receiver's refusal is told to the broker.
TOLD_CHARACTERS = 500

_LIMITS = TransportLimits(connections=1, idle_connections=0, answer_bytes=64 * 1024)


class Courier:
    """Posts deliveries. Safe for several threads: each delivery has a connection of its own.

    No redirect is followed, since the credentials and a payload meant for somebody would go along to whoever the
    answer names; certificates are always verified against the system's trust store.

    Args:
        use_environment: whether ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` count.
    """

    def __init__(self, *, use_environment: bool = True) -> None:
        self._use_environment = use_environment
        self._watchdog = Watchdog()

    def carry(self, delivery: PendingDelivery, *, most_seconds: float) -> DeliveryResult:
        """Post a delivery once.

        Args:
            delivery: what goes where; the payload is sent byte for byte.
            most_seconds: how long it may take in all, should its own timeout be longer.

        Returns:
            How it went; a receiver that could not be reached has no status code.
        """
        started = time.monotonic()
        status, said = self._post(delivery, max(0.1, min(float(delivery.timeout_seconds), most_seconds)))
        good = status is not None and 200 <= status < 300
        text = f"HTTP {status}: {said}" if status is not None else said
        return DeliveryResult(
            success=good,
            status_code=status,
            error=None if good else text,
            duration_ms=int((time.monotonic() - started) * 1000),
        )

    def _post(self, delivery: PendingDelivery, seconds: float) -> tuple[int | None, str]:
        headers = {
            "content-type": "application/json",
            "x-brokkr-event-type": delivery.event_type,
            "x-brokkr-delivery-id": delivery.id,
        }
        if delivery.auth_header:
            headers["authorization"] = delivery.auth_header
        request = Request(method="POST", path="", headers=headers, body=delivery.payload.encode())
        try:
            line = self._line(delivery.url, seconds)
        except (BrokkrError, ValueError):
            return None, "the URL of the subscription cannot be used"
        try:
            answer = line.exchange(request, seconds)
        except NotABrokerError as error:
            return error.status, "the answer is too large to be read"
        except BrokerUnreachableError as error:
            return None, _trouble(error)
        except BrokkrError:
            return None, "the URL or a header of the subscription cannot be sent"
        finally:
            line.close()
        return answer.status, _hidden(answer.body.decode(errors="replace"), delivery)[:TOLD_CHARACTERS]

    def _line(self, url: str, seconds: float) -> Line:
        return Line(
            checked(url),
            plain_context() if url.startswith("http:") else self._context,
            user_agent=introduction(),
            limits=evolve(_LIMITS, answer_seconds=seconds, connect_seconds=min(10.0, seconds)),
            use_environment=self._use_environment,
            watchdog=self._watchdog,
        )

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return client_context(TlsFiles())


def _trouble(error: BrokerUnreachableError) -> str:
    """Say what went wrong without the error's own text, which names the URL."""
    words = "no whole answer" if error.sent else "no connection"
    cause = error.__cause__
    return f"{words} ({type(cause).__name__})" if cause is not None else "no answer in time"


def _hidden(text: str, delivery: PendingDelivery) -> str:
    """Take out what a receiver may have echoed."""
    auth, url = delivery.auth_header or "", urlsplit(delivery.url)
    for secret in (auth, auth.rpartition(" ")[2], delivery.url, url.path, url.query):
        if len(secret) > 1:
            text = text.replace(secret, "(hidden)")
    return text
