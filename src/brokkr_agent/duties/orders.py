"""Work orders: claimed, carried out, and completed, each once as far as the broker lets us (contract 5.11, 12.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from attrs import frozen

from brokkr_agent.duties.ending import failure, margin
from brokkr_agent.errors import own_failure
from brokkr_agent.logs.setup import attempt_log
from brokkr_core.broker.endpoints.work_orders import WorkOrders
from brokkr_core.errors import BrokerError, BrokkrError, NetworkError, NotABrokerError, StoppedError
from brokkr_core.model.work import WorkOrder, WorkResult

_log = structlog.get_logger("work")

#: Answers to a completion after which there is nothing more to say (contract 5.11): taken back, or gone.
_SETTLED = frozenset({403, 404})
#: Answers that say nothing about the order: a PAK that is being rotated, a proxy that is busy.
_LATER = frozenset({401, 408, 425, 429})


class Work(Protocol):
    """Carries out one type of work order."""

    def __call__(self, order: WorkOrder, *, until: float) -> WorkResult:
        """Carry an order out until a time of the monotonic clock.

        Raises:
            BrokkrError: it failed; a StoppedError when the agent has to stop first.
        """


@frozen(kw_only=True)
class _Untold:
    """How an order ended that the broker does not know yet."""

    order_id: str
    result: WorkResult


class Orders:
    """Takes pending orders one after the other.

    Nothing new is claimed while the broker has not heard how the last one ended. A completion is repeated: the answer
    to a second one, 403 or 404, says that the first one arrived or that the claim was taken back.

    Args:
        broker: the broker's work orders.
        agent_id: who we are.
        work: how each type is carried out.
        stop: asked before an order is claimed.
        clock: the monotonic clock.
    """

    def __init__(
        self,
        broker: WorkOrders,
        agent_id: str,
        *,
        work: Mapping[str, Work],
        stop: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._agent_id = agent_id
        self._work = work
        self._stop = stop
        self._clock = clock
        self._untold: _Untold | None = None

    def round(self) -> None:
        """Tell what is still to be told, then take what is pending."""
        if not self._told():
            return
        for order in self._broker.pending(self._agent_id):
            if self._stop():
                return
            started = self._clock()
            claimed = self._claim(order.id)
            if claimed is None:
                continue
            with attempt_log(order_id=claimed.id) as flight:
                if not self._carry_out(claimed, until=started + margin(claimed.claim_timeout_seconds)):
                    flight.fail()
                told = self._told()
            if not told:
                return

    def _claim(self, order_id: str) -> WorkOrder | None:
        """Claim an order; None when somebody was quicker."""
        try:
            return self._broker.claim(order_id, self._agent_id)
        except BrokerError as error:
            if error.status != 404:
                raise
            return None

    def _carry_out(self, order: WorkOrder, *, until: float) -> bool:
        """Carry an order out and keep how it ended; whether it did not fail."""
        log = _log.bind(order_id=order.id, type=order.work_type)
        log.info("work order claimed", retry=order.retry_count)
        try:
            result = self._result(order, until)
        except StoppedError:
            # With retries left the order comes back soon; without, it comes back only when the claim runs out.
            if order.retry_count >= order.max_retries:
                log.warning("stopped in the middle of a work order; it is offered again when its claim runs out")
                return True
            result = WorkResult(success=False, message="the agent was stopped in the middle of it")
        (log.info if result.success else log.error)("work order ended", ok=result.success, retryable=result.retryable)
        self._untold = _Untold(order_id=order.id, result=result)
        return result.success

    def _result(self, order: WorkOrder, until: float) -> WorkResult:
        work = self._work.get(order.work_type)
        if work is None:
            known = ", ".join(sorted(self._work))
            message = f"work type {order.work_type[:80]!r} is not known to this agent; it knows {known}"
            return WorkResult(success=False, message=message, retryable=False)
        try:
            return work(order, until=until)
        except StoppedError:
            raise
        except BrokkrError as error:
            return failure(error)
        except Exception as error:
            _log.exception("work order crashed", order_id=order.id)
            return WorkResult(success=False, message=own_failure(error), retryable=False)

    def _told(self) -> bool:
        """Complete what is not completed; whether nothing is left to be told."""
        untold = self._untold
        if untold is None:
            return True
        log = _log.bind(order_id=untold.order_id)
        try:
            log_entry = self._broker.complete(untold.order_id, untold.result)
        except NetworkError as error:
            log.warning("work order not completed yet", error=str(error))
            return False
        except BrokerError as error:
            if error.status >= 500 or error.status in _LATER or isinstance(error, NotABrokerError):
                log.warning("work order not completed yet", error=str(error))
                return False
            settled = "it was taken back, or told before" if error.status in _SETTLED else str(error)
            log.warning("the broker takes no result for this work order", why=settled)
        else:
            log.info("work order completed", again=log_entry is None)
        self._untold = None
        return True
