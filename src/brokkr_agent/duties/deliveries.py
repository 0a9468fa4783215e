"""Webhook deliveries: claimed, posted side by side, and each reported once (contract 5.12, 12.4)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import structlog

from brokkr_agent.errors import own_failure
from brokkr_core.broker.delivery import Courier
from brokkr_core.broker.endpoints.webhooks import Deliveries as Claims
from brokkr_core.errors import BrokkrError
from brokkr_core.model.webhooks import DeliveryResult, PendingDelivery

_log = structlog.get_logger("webhooks")

#: A claim lasts 60 s; what is not reported by then is delivered again, so a post may take this long at most.
CLAIM_SECONDS = 50.0

#: So many come with one claim; with as many, there may be more.
BATCH = 10

#: At INFO the HTTP library tells whole URLs, and those of webhooks are often all the secret there is.
_LIBRARIES = ("httpx", "httpcore")


class Deliveries:
    """Carries the broker's webhooks to receivers that only this agent reaches.

    Args:
        broker: the broker's deliveries.
        agent_id: who we are.
        courier: posts them.
        stop: asked before each claim.
        clock: the monotonic clock.
    """

    def __init__(
        self,
        broker: Claims,
        agent_id: str,
        *,
        courier: Courier,
        stop: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._agent_id = agent_id
        self._courier = courier
        self._stop = stop
        self._clock = clock
        for name in _LIBRARIES:
            logging.getLogger(name).setLevel(logging.WARNING)

    def round(self) -> None:
        """Claim and deliver until there is nothing more. The claim is never repeated: it is a GET that takes."""
        while not self._stop():
            until = self._clock() + CLAIM_SECONDS
            claimed = self._broker.claim(self._agent_id)
            # Daemons: a receiver that holds the line must not hold up the end of the process.
            threads = [threading.Thread(target=self._deliver, args=(one, until), daemon=True) for one in claimed]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if len(claimed) < BATCH:
                return

    def _deliver(self, one: PendingDelivery, until: float) -> None:
        """Deliver and report; runs in a thread of its own and must not raise."""
        log = _log.bind(delivery=one.id, event_type=one.event_type)
        try:
            result = self._courier.carry(one, most_seconds=until - self._clock())
        except Exception as error:  # the text may quote the URL
            log.error("delivery crashed", error=type(error).__name__)
            result = DeliveryResult(success=False, error=own_failure(error))
        try:
            verdict = self._broker.report(one.id, result)
        except BrokkrError as error:
            # A second report would count as another try (contract 5.12), so there is none.
            log.warning("delivery not reported; the broker offers it again", ok=result.success, error=str(error))
            return
        tell = log.info if result.success else log.warning
        tell("delivery reported", ok=result.success, status=result.status_code, verdict=verdict.status)
