"""Work orders: put up by operators, claimed and completed by agents (contract 5.11 and 6.8)."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.broker import operations
from brokkr_core.broker.answer import decode
from brokkr_core.broker.endpoints.ask import ask, remove
from brokkr_core.broker.endpoints.query import query_of
from brokkr_core.broker.operations import Caller
from brokkr_core.errors import DecodeError
from brokkr_core.model.work import NewWorkOrder, WorkOrder, WorkOrderLog, WorkResult


@frozen(kw_only=True)
class RetryScheduled:
    """The body of a 202 to a completion."""

    status: str


class WorkOrders:
    """Work that agents do beside deploying."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, order: NewWorkOrder) -> WorkOrder:
        """Put up a work order (admin only).

        Args:
            order: what is to be done, and by whom.

        Returns:
            The stored order.

        Raises:
            BrokerError: 400 ``no_targeting_specified`` or ``invalid_work_order``, 422 for unknown agents.
            BrokerUnreachableError: with ``sent`` true the order may exist.
        """
        return ask(self._caller, operations.WORK_ORDER_CREATE, WorkOrder, body=order)

    def list(self, *, status: str | None = None, work_type: str | None = None) -> tuple[WorkOrder, ...]:
        """List the orders that are not finished, newest first (admin only).

        Args:
            status: PENDING, CLAIMED or RETRY_PENDING.
            work_type: only orders of this type.

        Returns:
            The orders.
        """
        query = query_of(status=status, work_type=work_type)
        return ask(self._caller, operations.WORK_ORDER_LIST, tuple[WorkOrder, ...], query=query)

    def get(self, work_order_id: str) -> WorkOrder:
        """Read an order, finished or not (admin only).

        Args:
            work_order_id: which one.

        Returns:
            The order; a finished one is COMPLETED or FAILED and has lost its three numbers.

        Raises:
            BrokerError: 404 ``work_order_not_found``.
        """
        return ask(self._caller, operations.WORK_ORDER_GET, WorkOrder, work_order_id=work_order_id)

    def delete(self, work_order_id: str) -> None:
        """Take an order back; that it does not exist is fine. Its agent gets 404 on completion (admin only).

        Args:
            work_order_id: which one.
        """
        remove(self._caller, operations.WORK_ORDER_DELETE, "work_order_not_found", work_order_id=work_order_id)

    def pending(self, agent_id: str, *, work_type: str | None = None) -> tuple[WorkOrder, ...]:
        """List the orders an agent may claim, oldest first (itself, or admin).

        Args:
            agent_id: which agent.
            work_type: only orders of this type.

        Returns:
            The orders.
        """
        query = query_of(work_type=work_type)
        operation = operations.AGENT_WORK_ORDERS
        return ask(self._caller, operation, tuple[WorkOrder, ...], query=query, agent_id=agent_id)

    def claim(self, work_order_id: str, agent_id: str) -> WorkOrder:
        """Claim an order; of several agents one wins.

        Args:
            work_order_id: which order.
            agent_id: who is to do it.

        Returns:
            The claimed order.

        Raises:
            BrokerError: 404 ``work_order_not_claimable``: unknown, not for this agent, or somebody was quicker.
            BrokerUnreachableError: with ``sent`` true the order may be claimed; it comes back when the claim times out.
        """
        body = {"agent_id": agent_id}
        return ask(self._caller, operations.WORK_ORDER_CLAIM, WorkOrder, body=body, work_order_id=work_order_id)

    def complete(self, work_order_id: str, result: WorkResult) -> WorkOrderLog | None:
        """Tell how a try ended.

        Args:
            work_order_id: which order.
            result: how it ended.

        Returns:
            The finished order, or None when the broker will offer it again later (202, contract 5.11).

        Raises:
            BrokerAuthError: 403 ``work_order_not_claimed_by_agent``, also after the claim timed out.
            BrokerError: 404 ``work_order_not_found``: it was completed or deleted before.
            BrokerUnreachableError: with ``sent`` true the result may be stored; telling it again then gets 403 or 404.
        """
        operation = operations.WORK_ORDER_COMPLETE
        request = operation.request(body=result, work_order_id=work_order_id)
        response = self._caller.call(request, repeat=operation.repeat)
        if response.status != 202:
            return decode(WorkOrderLog, response, endpoint=request.endpoint)
        if decode(RetryScheduled, response, endpoint=request.endpoint).status != "retry_scheduled":
            raise DecodeError(f"RetryScheduled from {request.endpoint}", ["expected retry_scheduled @ $.status"])
        return None

    def log(
        self,
        *,
        work_type: str | None = None,
        success: bool | None = None,
        agent_id: str | None = None,
        limit: int | None = None,
    ) -> tuple[WorkOrderLog, ...]:
        """List finished orders, the last one first (admin only); None does not filter.

        Args:
            work_type: only orders of this type.
            success: only those that ended so.
            agent_id: only those this agent finished.
            limit: at most so many.

        Returns:
            The finished orders.
        """
        query = query_of(work_type=work_type, success=success, agent_id=agent_id, limit=limit)
        return ask(self._caller, operations.WORK_ORDER_LOG, tuple[WorkOrderLog, ...], query=query)

    def log_entry(self, work_order_id: str) -> WorkOrderLog:
        """Read one finished order (admin only); 404 ``work_order_log_entry_not_found`` while it is not finished."""
        return ask(self._caller, operations.WORK_ORDER_LOG_ENTRY, WorkOrderLog, work_order_id=work_order_id)
