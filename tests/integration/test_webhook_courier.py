"""One delivery over a real line: what is sent, what is told, what is never told, and how long it may take."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from brokkr_core.broker.delivery import TOLD_CHARACTERS, Courier
from brokkr_core.model.webhooks import DeliveryResult, PendingDelivery
from receiver_support import Receiver

SECRET = "s3cr3t-of-the-receiver"
PAYLOAD = '{"id":"x",  "text":"ü"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def carry(url: str, *, timeout: int = 5, most: float = 50.0, auth: str | None = f"Bearer {SECRET}") -> DeliveryResult:
    delivery = PendingDelivery(
        id="de11de11-0008-4000-8000-000000000008",
        subscription_id="3eb3eb00-0007-4000-8000-000000000007",
        event_type="deployment.applied",
        payload=PAYLOAD,
        url=url,
        auth_header=auth,
        timeout_seconds=timeout,
        max_retries=5,
        attempts=0,
    )
    return Courier(use_environment=False).carry(delivery, most_seconds=most)


def test_a_delivery_is_what_the_contract_says(receiver: Receiver) -> None:
    result = carry(f"{receiver.url}/204/hook?key=a%20b&key=c")

    (got,) = receiver.got
    assert (result.success, result.status_code, result.error) == (True, 204, None)
    assert (got.path, got.body) == ("/204/hook?key=a%20b&key=c", PAYLOAD.encode())
    wanted = {
        "content-type": "application/json",
        "x-brokkr-event-type": "deployment.applied",
        "x-brokkr-delivery-id": "de11de11-0008-4000-8000-000000000008",
        "authorization": f"Bearer {SECRET}",
    }
    assert wanted.items() <= got.headers.items()


def test_without_credentials_none_are_sent(receiver: Receiver) -> None:
    assert carry(f"{receiver.url}/200", auth=None).success
    assert "authorization" not in receiver.got[0].headers


@pytest.mark.parametrize("status", [400, 404, 408, 429, 500, 503])
def test_a_refusal_is_told_with_its_status_and_text(receiver: Receiver, status: int) -> None:
    result = carry(f"{receiver.url}/{status}")
    assert (result.success, result.status_code, result.error) == (False, status, f"HTTP {status}: answer {status}")


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_an_answer_and_takes_nothing_anywhere(receiver: Receiver, status: int) -> None:
    result = carry(f"{receiver.url}/{status}")
    assert (result.success, result.status_code) == (False, status)
    assert [one.path for one in receiver.got] == [f"/{status}"]


def test_what_a_receiver_echoes_is_not_told(receiver: Receiver) -> None:
    result = carry(f"{receiver.url}/echo")
    assert result.error is not None
    assert SECRET not in result.error
    assert len(result.error) < TOLD_CHARACTERS + 20


def test_a_large_answer_does_not_undo_a_delivery(receiver: Receiver) -> None:
    assert carry(f"{receiver.url}/large").success


@pytest.mark.parametrize(("timeout", "most"), [(1, 50.0), (300, 0.7)])
def test_a_trickle_ends_in_time(receiver: Receiver, timeout: int, most: float) -> None:
    started = time.monotonic()
    result = carry(f"{receiver.url}/slow", timeout=timeout, most=most)
    assert (result.success, result.status_code) == (False, None)
    assert time.monotonic() - started < 25, "half of what the receiver takes"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/hook/T0/very-secret-path",
        "ftp://127.0.0.1/very-secret-path",
        "http://[very-secret-path",
        "very-secret-path",
    ],
)
def test_trouble_is_told_without_the_url(url: str) -> None:
    result = carry(url)
    assert (result.success, result.status_code) == (False, None)
    assert result.error
    assert "very-secret-path" not in result.error


def test_a_header_that_cannot_be_sent_is_told_without_its_value(receiver: Receiver) -> None:
    result = carry(f"{receiver.url}/200", auth=f"Bearer {SECRET}\r\nX-Evil: 1")
    assert not result.success
    assert SECRET not in repr(result)
    assert receiver.got == []
