"""The history of what agents streamed, as far as it can be seen without streaming (contract 7.1)."""

from __future__ import annotations

import pytest

from fake_broker_support import UNKNOWN_ID, Door, new_agent, new_generator, new_stack


@pytest.mark.parametrize(("path", "member"), [("events", "events"), ("logs", "lines")])
def test_a_stack_nobody_streamed_about_has_an_empty_history(door: Door, path: str, member: str) -> None:
    generator = new_generator(door)
    stack = new_stack(door, generator)
    for pak in ("", generator.pak):
        history = door.get(f"/stacks/{stack}/{path}", pak=pak).members
        retention = history["retention"]
        assert isinstance(retention, dict)
        assert (history[member], retention["retention_ceiling_seconds"]) == ([], 21600)
        assert retention["oldest_available_ts"] is None


@pytest.mark.parametrize("path", ["events", "logs"])
def test_a_history_is_for_the_owner_and_for_admins(door: Door, path: str) -> None:
    stack = new_stack(door, new_generator(door))
    assert door.get(f"/stacks/{stack}/{path}", pak=new_generator(door).pak).status == 403
    assert door.get(f"/stacks/{stack}/{path}", pak=new_agent(door).pak).status == 403
    assert door.get(f"/stacks/{UNKNOWN_ID}/{path}").code == "stack_not_found"


@pytest.mark.parametrize("query", [{"limit": "many"}, {"since": "yesterday"}])
def test_a_query_of_the_wrong_type_is_400_text(door: Door, query: dict[str, str]) -> None:
    answer = door.get(f"/stacks/{new_stack(door, new_generator(door))}/events", query=query)
    assert answer.status == 400
    assert answer.is_text
