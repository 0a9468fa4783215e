"""Writes down which PAK the broker takes, and when it takes one no more."""

from __future__ import annotations

import hashlib
import threading

from brokkr_agent.audit.record import Action
from brokkr_agent.audit.trail import Trail
from brokkr_core.broker import BrokerTransport
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject

#: Digits of a fingerprint: enough to tell the PAKs of an agent apart, not enough to find one by trying.
FINGERPRINT_DIGITS = 12


def fingerprint(credential: str) -> str:
    """Name a credential without telling it.

    Args:
        credential: the secret text; a PAK's secret part has more than 90 bits of chance in it.

    Returns:
        The first digits of a SHA-256 that is used for nothing else.
    """
    return hashlib.sha256(b"brokkr audit fingerprint\0" + credential.encode()).hexdigest()[:FINGERPRINT_DIGITS]


class AuditedBrokerLine:
    """A transport to the broker that writes down the credentials it sees: each when it is first taken, or refused.

    Args:
        line: carries the requests.
        trail: where it is written.
        source: where the PAK comes from, as the name of a setting.
    """

    def __init__(self, line: BrokerTransport, trail: Trail, source: str) -> None:
        self._line = line
        self._trail = trail
        self._source = source
        self._lock = threading.Lock()
        self._taken: list[str] = []
        self._refused: set[str] = set()

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send once; see :class:`BrokerTransport`."""
        answer = self._line.send(request, timeout_seconds=timeout_seconds)
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and (answer.status == 401 or 200 <= answer.status < 300):
            self._hear(fingerprint(credential), request, answer)
        return answer

    def close(self) -> None:
        """Give back the connections."""
        self._line.close()

    def _hear(self, name: str, request: Request, answer: Response) -> None:
        refused = answer.status == 401
        facts: JsonObject = {"source": self._source, "fingerprint": name}
        with self._lock:
            known = name in (self._refused if refused else self._taken)
            before = self._taken[-1] if self._taken else ""
            if refused:
                self._refused.add(name)
            else:
                self._refused.discard(name)
                self._taken += [] if known else [name]
        if known:
            return
        if refused:
            self._trail.event(Action.AUTH_REJECTED, facts | {"request": request.endpoint}, result={"status": 401})
        elif before:
            self._trail.event(Action.PAK_ROTATE, facts | {"replaces": before})
        else:
            self._trail.event(Action.CREDENTIAL_USE, facts)
