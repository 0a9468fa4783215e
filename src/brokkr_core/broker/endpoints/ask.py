"""The four ways of a call: one value back, many, nothing, or something gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from brokkr_core.broker.answer import decode, expect_empty
from brokkr_core.broker.operations import Caller, Operation
from brokkr_core.errors import BrokerError

T = TypeVar("T")


def ask(
    caller: Caller,
    operation: Operation,
    model: type[T],
    *,
    query: Mapping[str, str] | None = None,
    body: object = None,
    **segments: str,
) -> T:
    """Carry out an operation and read its answer.

    Args:
        caller: sends the request.
        operation: what to do.
        model: what comes back.
        query: query parameters.
        body: what to send as JSON, if anything.
        segments: ids and names for the path.

    Returns:
        The value of the answer.
    """
    request = operation.request(query=query, body=body, **segments)
    return decode(model, caller.call(request, repeat=operation.repeat), endpoint=request.endpoint)


def tell(caller: Caller, operation: Operation, *, body: object = None, **segments: str) -> None:
    """Carry out an operation that answers with an empty body; arguments as for :func:`ask`."""
    request = operation.request(query=None, body=body, **segments)
    response = caller.call(request, repeat=operation.repeat)
    expect_empty(response, endpoint=request.endpoint)


def remove(caller: Caller, operation: Operation, absent: str, **segments: str) -> None:
    """Remove something; that it is not there is the goal, so 404 with the code ``absent`` is done.

    It also is what a repeated removal gets when the answer to the first one was lost.
    """
    try:
        tell(caller, operation, **segments)
    except BrokerError as error:
        if error.status != 404 or error.code != absent:
            raise
