"""Asks the broker whose PAK something is (contract 2.5)."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.broker.answer import decode, refusal
from brokkr_core.broker.credentials.pak import Pak
from brokkr_core.broker.operations import WHO_AM_I
from brokkr_core.broker.transport import BrokerTransport
from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request


def with_pak(request: Request, pak: Pak) -> Request:
    """Put a PAK into a request; ``Bearer`` has exactly that casing (contract 2.1)."""
    headers = {"accept": "application/json", **request.headers, "authorization": f"Bearer {pak.reveal()}"}
    return evolve(request, headers=headers)


def owner_of(pak: Pak, transport: BrokerTransport, *, timeout_seconds: float) -> Identity | None:
    """Ask the broker once whose PAK this is.

    Args:
        pak: the PAK, in use or not.
        transport: carries the question.
        timeout_seconds: how long it may take.

    Returns:
        Whose it is, or None when the broker does not know it.

    Raises:
        BrokerError: the broker, or somebody before it, answered something else; NotABrokerError for a page.
        DecodeError: the answer has another shape than agreed.
        BrokerUnreachableError: there is no answer.
    """
    request = WHO_AM_I.request()
    response = transport.send(with_pak(request, pak), timeout_seconds=timeout_seconds)
    if response.status == 401:
        return None
    if not 200 <= response.status < 300:
        raise refusal(response, endpoint=request.endpoint)
    return decode(Identity, response, endpoint=request.endpoint)
