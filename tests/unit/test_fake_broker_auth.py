"""Cache, console PAK and look-up order of the fake broker (contract 2.3; scenario 6)."""

from __future__ import annotations

import pytest

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request
from brokkr_core.testing.broker import Broker, ManualClock, Settings, deterministic
from brokkr_core.testing.broker.auth import AuthCache
from fake_broker_support import API, Door, new_agent, new_generator, unique


def doors(settings: Settings | None = None) -> tuple[Door, Door, ManualClock]:
    """Return two processes of one broker and their clock."""
    clock = ManualClock()
    broker = Broker(sources=deterministic(clock=clock), settings=settings)
    replica = broker.replica()
    pak = broker.admin_pak
    return Door(broker.handle, pak, clock), Door(replica.handle, pak, clock), clock


def test_another_process_takes_the_old_pak_until_its_cache_expires() -> None:
    here, there, clock = doors()
    agent = new_agent(here)
    assert there.post("/auth/pak", pak=agent.pak).status == 200
    here.post(f"/agents/{agent.id}/rotate-pak")
    assert here.post("/auth/pak", pak=agent.pak).status == 401
    clock.advance(59.9)
    assert there.post("/auth/pak", pak=agent.pak).status == 200
    clock.advance(0.1)
    assert there.post("/auth/pak", pak=agent.pak).status == 401


def test_a_process_that_never_saw_the_old_pak_rejects_it_at_once() -> None:
    here, there, _ = doors()
    agent = new_agent(here)
    here.post(f"/agents/{agent.id}/rotate-pak")
    assert there.post("/auth/pak", pak=agent.pak).status == 401


def test_without_a_cache_every_process_looks_again() -> None:
    here, there, _ = doors(Settings(auth_cache_ttl_seconds=0))
    agent = new_agent(here)
    assert there.post("/auth/pak", pak=agent.pak).status == 200
    here.post(f"/agents/{agent.id}/rotate-pak")
    assert there.post("/auth/pak", pak=agent.pak).status == 401


def test_a_full_cache_forgets_its_oldest_entry() -> None:
    cache, now = AuthCache(60, limit=2), ManualClock()()
    for name in ("a", "b", "c"):
        cache.put(name, Identity(admin=False, agent=name, generator=None), now)
    assert cache.get("a", now) is None
    assert cache.get("c", now) is not None


def test_the_console_pak_reads_as_an_admin() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    assert door.post("/auth/pak", pak=broker.readonly_pak).json == {
        "admin": True,
        "agent": None,
        "generator": None,
        "readonly": True,
    }
    assert door.get("/agents", pak=broker.readonly_pak).status == 200


def test_the_console_pak_changes_nothing_and_gets_no_body() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    body = {"name": "a", "cluster_name": "c"}
    refused = door.call("POST", "/agents", dict(body), pak=broker.readonly_pak)
    assert (refused.status, refused.body) == (403, b"")


def test_every_process_has_its_own_console_pak() -> None:
    broker = Broker()
    assert broker.readonly_pak != broker.replica().readonly_pak


def test_the_admin_pak_never_acts_as_the_admin_generator() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    assert door.post("/auth/pak").members["generator"] is None


def test_a_deleted_generator_gets_in_and_can_do_nothing() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    generator = new_generator(door)
    door.delete(f"/generators/{generator.id}")
    assert door.post("/auth/pak", pak=generator.pak).status == 200
    body = {"name": unique("web"), "generator_id": generator.id}
    assert door.call("POST", "/stacks", dict(body), pak=generator.pak).code == "generator_not_found"
    assert door.get("/stacks", pak=generator.pak).code == "generator_not_found"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "", "__", "\udcff_\udcff_\udcff"])
def test_odd_headers_are_401(header: str) -> None:
    broker = Broker()
    request = Request(method="GET", path=f"{API}/agents", headers={"authorization": header})
    assert broker.handle(request).status == 401


def test_a_head_request_is_answered_as_get_without_the_body() -> None:
    broker = Broker()
    answer = Door(broker.handle, broker.admin_pak).call("HEAD", "/agents")
    assert (answer.status, answer.body) == (200, b"")


def test_two_brokers_of_one_seed_give_the_same_answers() -> None:
    one, other = Broker(sources=deterministic(7)), Broker(sources=deterministic(7))
    request = Request(method="GET", path=f"{API}/generators", headers={"authorization": one.admin_pak})
    assert one.handle(request) == other.handle(request)
    assert Broker(sources=deterministic(8)).handle(request) != one.handle(request)
