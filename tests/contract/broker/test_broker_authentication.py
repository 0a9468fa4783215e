"""Who gets in (contract 2; scenarios 1 to 5)."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request
from brokkr_core.model.json import as_text
from fake_broker_support import API, UNKNOWN_ID, Door, new_agent, new_generator

STRANGER = "brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1"


def whoami(door: Door, authorization: str) -> int:
    headers = {"authorization": authorization}
    return door.send(Request(method="POST", path=f"{API}/auth/pak", headers=headers)).status


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer two_parts"}, {"authorization": f"Bearer {STRANGER}"}],
    ids=["no header", "two parts", "unknown PAK"],
)
def test_who_is_not_known_gets_401_without_a_body(door: Door, headers: dict[str, str]) -> None:
    answer = door.send(Request(method="GET", path=f"{API}/agents", headers=headers))
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER", "Basic"])
def test_whatever_word_stands_before_a_pak_it_is_accepted(door: Door, word: str) -> None:
    # Two are known; any other becomes a part of the first of the PAK's three parts, which nobody looks at.
    assert whoami(door, f"{word} {door.admin_pak}") == 200
    assert whoami(door, f"{word} a_b") == 401


def test_a_bare_pak_and_white_space_around_it_are_accepted(door: Door) -> None:
    assert whoami(door, door.admin_pak) == 200
    assert whoami(door, f"Bearer   {door.admin_pak} ") == 200


def test_only_the_long_token_counts(door: Door) -> None:
    long_token = door.admin_pak.split("_")[2]
    assert whoami(door, f"Bearer x_y_{long_token}") == 200


def test_a_pak_of_four_parts_is_rejected(door: Door) -> None:
    assert whoami(door, f"Bearer x_y_z_{door.admin_pak.split('_')[2]}") == 401


def test_every_role_learns_who_it_is(door: Door) -> None:
    agent, generator = new_agent(door), new_generator(door)
    assert door.post("/auth/pak").json == {
        "admin": True,
        "agent": None,
        "generator": None,
        "readonly": False,
    }
    assert door.post("/auth/pak", pak=agent.pak).json == {
        "admin": False,
        "agent": agent.id,
        "generator": None,
        "readonly": False,
    }
    assert door.post("/auth/pak", pak=generator.pak).members["generator"] == generator.id


def test_rotation_kills_the_old_pak_at_once_and_answers_with_the_new_one(door: Door) -> None:
    agent = new_agent(door)
    assert door.post("/auth/pak", pak=agent.pak).status == 200
    rotated = door.post(f"/agents/{agent.id}/rotate-pak", pak=agent.pak)
    assert rotated.status == 200
    assert set(rotated.members) == {"agent", "pak"}
    assert door.post("/auth/pak", pak=agent.pak).status == 401
    assert door.post("/auth/pak", pak=as_text(rotated.members["pak"])).status == 200


def test_an_agent_cannot_rotate_the_pak_of_another(door: Door) -> None:
    one, other = new_agent(door), new_agent(door)
    refused = door.post(f"/agents/{other.id}/rotate-pak", pak=one.pak)
    assert (refused.status, refused.code) == (403, "agent_pak_mismatch")


def test_rotating_the_pak_of_an_unknown_agent_is_404(door: Door) -> None:
    missing = door.post(f"/agents/{UNKNOWN_ID}/rotate-pak")
    assert (missing.status, missing.code) == (404, "agent_not_found")


def test_a_deleted_agent_cannot_authenticate(door: Door) -> None:
    agent = new_agent(door)
    assert door.post("/auth/pak", pak=agent.pak).status == 200
    assert door.delete(f"/agents/{agent.id}").status == 204
    assert door.post("/auth/pak", pak=agent.pak).status == 401


def test_the_hash_of_a_pak_is_never_shown(door: Door) -> None:
    agent = new_agent(door)
    assert b"hash" not in door.get(f"/agents/{agent.id}").body
    assert b"hash" not in door.get("/generators").body
