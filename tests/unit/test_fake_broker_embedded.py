"""The fake broker with an address: start, stop, restart, log."""

from __future__ import annotations

from http.client import HTTPConnection
from threading import Thread
from urllib.parse import urlsplit

import pytest

from brokkr_core.model.http import Request
from brokkr_core.testing.broker import DEFAULT_PAK, EmbeddedBroker, LoggedRequest
from fake_broker_support import API, Door, id_of, new_agent, over_http


def test_the_url_is_a_root_without_a_trailing_slash() -> None:
    with EmbeddedBroker() as broker:
        assert broker.url.startswith("http://127.0.0.1:")
        assert not broker.url.endswith("/")
        assert broker.admin_pak == DEFAULT_PAK


def test_data_and_address_survive_a_restart() -> None:
    with EmbeddedBroker() as broker:
        url = broker.url
        agent = new_agent(Door(over_http(url), broker.admin_pak))
        broker.stop()
        with pytest.raises(ConnectionRefusedError):
            over_http(url)(Request(method="GET", path="/healthz"))
        broker.start()
        assert broker.url == url
        door = Door(over_http(url), broker.admin_pak)
        assert id_of(door.get(f"/agents/{agent.id}", pak=agent.pak).members) == agent.id


def test_a_restart_is_another_process_with_another_console_pak() -> None:
    broker = EmbeddedBroker()
    before = broker.readonly_pak
    broker.stop()
    assert broker.readonly_pak != before


def test_a_stop_cuts_open_connections() -> None:
    broker = EmbeddedBroker()
    broker.start()
    connection = HTTPConnection(urlsplit(broker.url).netloc, timeout=10)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read() == b"OK"
    kept_open = connection.sock
    broker.stop()
    assert kept_open.recv(1) == b""
    connection.close()


def test_another_broker_goes_on_with_the_same_data() -> None:
    first = EmbeddedBroker()
    agent = new_agent(Door(first.handle, first.admin_pak))
    second = EmbeddedBroker(state=first.state)
    door = Door(second.handle, second.admin_pak)
    assert door.get(f"/agents/{agent.id}", pak=agent.pak).status == 200


def test_requests_are_logged_in_process_and_over_http() -> None:
    with EmbeddedBroker() as broker:
        Door(over_http(broker.url), broker.admin_pak).get("/agents", query={"x": "1"})
        broker.handle(Request(method="GET", path=f"{API}/agents"))
        assert list(broker.requests) == [
            LoggedRequest(method="GET", path=f"{API}/agents", status=200),
            LoggedRequest(method="GET", path=f"{API}/agents", status=401),
        ]
        broker.forget_requests()
        assert list(broker.requests) == []


def test_answers_without_a_body_have_no_content_type_on_the_wire() -> None:
    with EmbeddedBroker() as broker:
        answer = over_http(broker.url)(Request(method="GET", path=f"{API}/agents"))
        assert answer.status == 401
        assert "content-type" not in answer.headers


def test_several_threads_may_ask_at_once() -> None:
    with EmbeddedBroker() as broker:
        door = Door(over_http(broker.url), broker.admin_pak)
        threads = [Thread(target=new_agent, args=(door,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({id_of(item) for item in door.get("/agents").items}) == 8
