"""The brokers that the contract is checked against.

``BROKKR_TEST_BROKER_URL`` and ``BROKKR_TEST_BROKER_ADMIN_PAK`` add a real broker. ``BROKKR_OPENAPI`` names the file of
an OpenAPI document that every request and answer is held against.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import Broker, EmbeddedBroker, ManualClock, Settings, deterministic
from fake_broker_support import Door, Served, over_http
from fake_live_support import Live, far, near
from openapi_support import Description

REAL_URL = os.environ.get("BROKKR_TEST_BROKER_URL", "")
REAL_PAK = os.environ.get("BROKKR_TEST_BROKER_ADMIN_PAK", "")
OPENAPI = os.environ.get("BROKKR_OPENAPI", "")

WAYS = ["in process", "over HTTP", *(["real broker"] if REAL_URL else [])]


@pytest.fixture(scope="session")
def watch() -> Callable[[Callable[[Request], Response]], Callable[[Request], Response]]:
    return Description.read(Path(OPENAPI)).watch if OPENAPI else lambda send: send


@pytest.fixture(params=WAYS)
def door(
    request: pytest.FixtureRequest, watch: Callable[[Callable[[Request], Response]], Callable[[Request], Response]]
) -> Iterator[Door]:
    clock = ManualClock()
    if request.param == "in process":
        broker = Broker(sources=deterministic(clock=clock))
        yield Door(watch(broker.handle), broker.admin_pak, clock)
    elif request.param == "over HTTP":
        with EmbeddedBroker(sources=deterministic(clock=clock)) as embedded:
            yield Door(watch(over_http(embedded.url)), embedded.admin_pak, clock)
    else:
        yield Door(watch(over_http(REAL_URL)), REAL_PAK)


@pytest.fixture(params=WAYS)
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A broker with WebSockets."""
    clock = ManualClock()
    if request.param == "in process":
        broker = Broker(sources=deterministic(clock=clock))
        yield Live(door=Door(broker.handle, broker.admin_pak, clock), opener=near(broker))
    elif request.param == "over HTTP":
        with EmbeddedBroker(sources=deterministic(clock=clock)) as embedded, far(embedded.url) as opener:
            yield Live(door=Door(over_http(embedded.url), embedded.admin_pak, clock), opener=opener)
    else:
        with far(REAL_URL) as opener:
            yield Live(door=Door(over_http(REAL_URL), REAL_PAK), opener=opener)


@pytest.fixture(params=WAYS[1:])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A broker with an address, on the clock of the machine."""
    if request.param == "over HTTP":
        with EmbeddedBroker(settings=Settings(webhook_delivery_interval_seconds=0.1)) as embedded:
            yield Served(url=embedded.url, door=Door(over_http(embedded.url), embedded.admin_pak))
    else:
        yield Served(url=REAL_URL, door=Door(over_http(REAL_URL), REAL_PAK))
