"""The client as a whole: credentials, patience, readiness."""

from __future__ import annotations

import pytest

import brokkr_core.broker
from broker_support import (
    AGENT,
    AGENT_JSON,
    EVENT_JSON,
    LONG_TOKEN,
    NEWER_PAK,
    OBJECT,
    PAK,
    ListedPaks,
    ScriptedTransport,
    client_over,
    down,
    empty,
    no,
    ok,
)
from brokkr_core.broker import BrokerClient, LiteralPak, Pak, Repeat, RetryPolicy
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    ConfigError,
    NotABrokerError,
    StoppedError,
)
from brokkr_core.model.broker import NewAgentEvent
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from clock_support import ObedientClock

WHOAMI = "/api/v1/auth/pak"
IDENTITY_JSON: JsonObject = {"admin": False, "agent": AGENT, "generator": None, "readonly": False}
READY = Response.of_text(200, "Ready")
NOT_READY = Response.of_text(503, "database unavailable")
PAGE = Response(status=200, headers={"content-type": "text/html"}, body=b"<html>")
EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")


def knows(pak: str, answer: Response) -> ScriptedTransport:
    """Answer like a broker that knows one PAK only."""

    def step(request: Request) -> Response:
        if request.headers["authorization"] != f"Bearer {pak}":
            return empty(401)
        return ok(IDENTITY_JSON) if request.path == WHOAMI else answer

    return ScriptedTransport(step)


def test_a_rotated_pak_is_picked_up_within_the_call_after_the_broker_has_taken_it() -> None:
    transport = knows(NEWER_PAK, ok(AGENT_JSON))
    source = ListedPaks([PAK, NEWER_PAK])
    client = BrokerClient(transport, source)
    assert client.agents.get(AGENT).id == AGENT
    assert client.agents.get(AGENT).id == AGENT
    one = f"/api/v1/agents/{AGENT}"
    assert [request.path for request in transport.requests] == [one, WHOAMI, one, one]
    assert source.asked == 2


def test_even_an_event_is_sent_again_after_a_401() -> None:
    transport = knows(NEWER_PAK, ok(EVENT_JSON, 201))
    BrokerClient(transport, ListedPaks([PAK, NEWER_PAK])).agents.events.post(EVENT)
    assert [request.path == WHOAMI for request in transport.requests] == [False, True, False]


def test_an_unchanged_pak_is_not_tried_again() -> None:
    transport = ScriptedTransport(empty(401))
    with pytest.raises(BrokerAuthError, match="the PAK is unknown"):
        client_over(transport).agents.get(AGENT)
    assert len(transport.requests) == 1


def test_a_refused_newer_pak_is_not_followed_by_a_third() -> None:
    transport = ScriptedTransport(empty(401))
    source = ListedPaks([PAK, NEWER_PAK, "brokkr_BRthird1_" + LONG_TOKEN])
    with pytest.raises(BrokerAuthError):
        BrokerClient(transport, source).agents.get(AGENT)
    assert len(transport.requests) == 2
    assert transport.last.path == WHOAMI


def test_403_does_not_ask_for_another_pak() -> None:
    source = ListedPaks([PAK, NEWER_PAK])
    with pytest.raises(BrokerAuthError, match="admin_required"):
        BrokerClient(ScriptedTransport(no(403, "admin_required")), source).agents.list()
    assert source.asked == 1


def test_passing_trouble_is_waited_out() -> None:
    clock = ObedientClock()
    transport = ScriptedTransport(empty(503), down(sent=True), ok(AGENT_JSON))
    assert client_over(transport, clock=clock).agents.get(AGENT).id == AGENT
    assert clock.naps == [0.25, 0.5]


def test_trouble_that_stays_is_told() -> None:
    transport = ScriptedTransport(Response(status=502, headers={"content-type": "text/html"}, body=b"<html>"))
    with pytest.raises(BrokerError, match="a proxy answered"):
        client_over(transport).agents.get(AGENT)
    assert len(transport.requests) == RetryPolicy().attempts


def test_a_stop_ends_the_patience() -> None:
    transport = ScriptedTransport(empty(503))
    with pytest.raises(StoppedError):
        client_over(transport, clock=ObedientClock(stop_after=2)).agents.get(AGENT)
    assert len(transport.requests) == 2


def test_every_try_has_the_timeout() -> None:
    transport = ScriptedTransport(ok(AGENT_JSON))
    BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), timeout_seconds=7.0).agents.get(AGENT)
    assert transport.timeouts == [7.0]


def test_a_call_without_a_name_can_be_made() -> None:
    transport = ScriptedTransport(ok([]))
    response = client_over(transport).call(Request(method="GET", path="/api/v1/fleet"), repeat=Repeat.SAFE)
    assert response.body == b"[]"
    assert transport.last.headers["accept"] == "application/json"


def test_the_pak_is_only_sent_to_the_api() -> None:
    transport = ScriptedTransport(READY)
    assert client_over(transport).health.ready()
    assert transport.last.path == "/readyz"
    assert "authorization" not in transport.last.headers


def test_a_broker_without_its_database_is_not_ready() -> None:
    assert client_over(ScriptedTransport(NOT_READY)).health.ready() is False


@pytest.mark.parametrize("answer", [PAGE, Response.of_text(200, "OK"), empty(200), ok("Ready")])
def test_another_page_is_no_readiness(answer: Response) -> None:
    with pytest.raises(NotABrokerError, match="it has to be the broker's root"):
        client_over(ScriptedTransport(answer)).health.ready()


def test_waiting_for_the_broker_waits_out_everything() -> None:
    transport = ScriptedTransport(down(sent=False), PAGE, empty(404), NOT_READY, READY)
    client_over(transport).wait_ready(deadline_seconds=60.0)
    assert len(transport.requests) == 5


def test_waiting_for_the_broker_ends_at_the_deadline_with_the_last_trouble() -> None:
    clock = ObedientClock()
    with pytest.raises(BrokerUnreachableError, match="503 from /readyz"):
        client_over(ScriptedTransport(down(sent=False), NOT_READY), clock=clock).wait_ready(deadline_seconds=10.0)
    assert 5.0 < clock.seconds <= 10.0


def test_waiting_for_the_broker_names_a_wrong_page_in_the_end() -> None:
    with pytest.raises(NotABrokerError):
        client_over(ScriptedTransport(PAGE)).wait_ready(deadline_seconds=5.0)


def test_waiting_for_the_broker_never_turns_into_a_storm() -> None:
    clock = ObedientClock()
    impatient = RetryPolicy(base_seconds=0.0)
    transport = ScriptedTransport(NOT_READY)
    with pytest.raises(BrokerUnreachableError):
        client_over(transport, clock=clock, retry=impatient).wait_ready(deadline_seconds=10.0)
    assert len(transport.requests) <= 41


def test_a_stop_ends_the_wait_for_the_broker() -> None:
    with pytest.raises(StoppedError):
        client_over(ScriptedTransport(NOT_READY), clock=ObedientClock(stop_after=1)).wait_ready()


def test_leaving_the_client_closes_its_transport() -> None:
    transport = ScriptedTransport(ok(AGENT_JSON))
    with client_over(transport) as client:
        client.agents.get(AGENT)
        assert not transport.closed
    assert transport.closed


def test_connecting_with_a_wrong_url_or_pak_says_so() -> None:
    with pytest.raises(ConfigError, match="has to start with http"):
        BrokerClient.connect("localhost:3000", pak=PAK)
    with pytest.raises(ConfigError, match="not well-formed"):
        BrokerClient.connect("http://localhost:3000", pak="secret")


def test_the_door_is_sorted_and_everything_behind_it_exists() -> None:
    names = brokkr_core.broker.__all__
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if name[0].isupper() and not name.isupper()]
    functions = [name for name in names if name[0].islower()]
    assert names == sorted(constants) + sorted(classes) + sorted(functions)
    assert all(hasattr(brokkr_core.broker, name) for name in names)
