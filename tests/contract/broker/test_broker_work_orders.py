"""Work orders (contract 5.11, 6.8, 9; scenarios 33 to 35)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject
from fake_broker_support import UNKNOWN_ID, Door, Member, Reply, id_of, new_agent, new_generator, unique

JOB = "apiVersion: batch/v1\nkind: Job\n"


def put_up(door: Door, *agents: Member, **members: Json) -> str:
    """Put up a work order for these agents."""
    targeting: JsonObject = {"agent_ids": [agent.id for agent in agents]}
    body: JsonObject = {"work_type": "custom", "yaml_content": JOB, "targeting": targeting, **members}
    made = door.post("/work-orders", body)
    assert made.status == 201, made
    return id_of(made.members)


def claim(door: Door, order: str, agent: Member, *, pak: str = "") -> Reply:
    return door.post(f"/work-orders/{order}/claim", {"agent_id": agent.id}, pak=pak or agent.pak)


def complete(door: Door, order: str, agent: Member, body: JsonObject) -> Reply:
    return door.post(f"/work-orders/{order}/complete", body, pak=agent.pak)


def offered_to(door: Door, agent: Member, **query: str) -> list[str]:
    answer = door.get(f"/agents/{agent.id}/work-orders/pending", pak=agent.pak, query=query)
    return [id_of(item) for item in answer.items]


def test_a_new_order_has_the_defaults_and_is_pending(door: Door) -> None:
    order = put_up(door, new_agent(door))
    made = door.get(f"/work-orders/{order}").members
    assert (made["status"], made["claimed_by"], made["retry_count"]) == ("PENDING", None, 0)
    assert (made["max_retries"], made["backoff_seconds"], made["claim_timeout_seconds"]) == (3, 60, 3600)


def test_of_two_claimers_one_wins(door: Door) -> None:
    one, other = new_agent(door), new_agent(door)
    order = put_up(door, one, other)
    won = claim(door, order, one)
    assert (won.status, won.members["status"], won.members["claimed_by"]) == (200, "CLAIMED", one.id)
    lost = claim(door, order, other)
    assert (lost.status, lost.code) == (404, "work_order_not_claimable")
    assert claim(door, order, one).status == 404
    assert offered_to(door, other) == []


def test_who_does_not_match_cannot_claim(door: Door) -> None:
    agent, stranger = new_agent(door), new_agent(door)
    order = put_up(door, agent)
    assert claim(door, order, stranger).code == "work_order_not_claimable"
    assert claim(door, UNKNOWN_ID, agent).code == "work_order_not_claimable"
    refused = claim(door, order, agent, pak=stranger.pak)
    assert (refused.status, refused.code) == (403, "agent_pak_mismatch")


def test_an_admin_claims_for_an_agent(door: Door) -> None:
    agent = new_agent(door)
    assert claim(door, put_up(door, agent), agent, pak=door.admin_pak).members["claimed_by"] == agent.id


def test_labels_and_annotations_match_without_a_registration(door: Door) -> None:
    labelled, annotated = new_agent(door), new_agent(door)
    label, value = unique("label"), unique("value")
    door.post(f"/agents/{labelled.id}/labels", {"agent_id": labelled.id, "label": label})
    door.post(f"/agents/{annotated.id}/annotations", {"agent_id": annotated.id, "key": "region", "value": value})
    order = put_up(door, targeting={"labels": [label, "two words"], "annotations": {"region": value}})
    assert offered_to(door, labelled) == [order]
    assert offered_to(door, annotated) == [order]
    assert offered_to(door, new_agent(door)) == []


def test_the_oldest_comes_first_and_types_are_told_apart(door: Door) -> None:
    agent = new_agent(door)
    first, second = put_up(door, agent), put_up(door, agent, work_type="build")
    assert offered_to(door, agent) == [first, second]
    assert offered_to(door, agent, work_type="build") == [second]


def test_the_older_way_to_name_agents_is_joined_with_the_newer(door: Door) -> None:
    one, other = new_agent(door), new_agent(door)
    order = put_up(door, one, target_agent_ids=[other.id])
    assert offered_to(door, one) == [order] == offered_to(door, other)


def test_a_success_moves_the_order_to_the_log(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent)
    claim(door, order, agent)
    done = complete(door, order, agent, {"success": True, "message": "sha256:1"})
    assert (done.status, done.members["success"], done.members["claimed_by"]) == (200, True, agent.id)
    assert (done.members["id"], done.members["result_message"]) == (order, "sha256:1")
    assert door.get(f"/work-order-log/{order}").members == done.members
    kept = door.get(f"/work-orders/{order}").members
    assert (kept["status"], kept["max_retries"], kept["claim_timeout_seconds"]) == ("COMPLETED", 0, 0)
    again = complete(door, order, agent, {"success": True})
    assert (again.status, again.code) == (404, "work_order_not_found")


def test_a_failure_that_is_not_worth_another_try_ends_at_once(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent)
    claim(door, order, agent)
    done = complete(door, order, agent, {"success": False, "retryable": False})
    assert (done.status, done.members["success"]) == (200, False)
    assert done.members["result_message"] == "Unknown error"
    assert door.get(f"/work-orders/{order}").members["status"] == "FAILED"


def test_without_retries_the_first_failure_is_the_last(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent, max_retries=0)
    claim(door, order, agent)
    assert complete(door, order, agent, {"success": False}).status == 200


def test_a_failure_with_retries_left_is_202_and_hides_the_order(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent)
    claim(door, order, agent)
    later = complete(door, order, agent, {"success": False, "message": "timeout"})
    assert (later.status, later.json) == (202, {"status": "retry_scheduled"})
    waiting = door.get(f"/work-orders/{order}").members
    assert (waiting["status"], waiting["retry_count"], waiting["claimed_by"]) == ("RETRY_PENDING", 1, None)
    assert waiting["last_error"] == "timeout"
    assert offered_to(door, agent) == []


def test_the_waits_double_and_the_fourth_failure_is_final(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent)
    for wait in (120, 240, 480):
        claim(door, order, agent)
        assert complete(door, order, agent, {"success": False}).status == 202
        door.advance(seconds=wait - 1)
        assert offered_to(door, agent) == []
        door.advance(seconds=11)
        assert offered_to(door, agent) == [order]
    claim(door, order, agent)
    final = complete(door, order, agent, {"success": False})
    assert (final.status, final.members["retries_attempted"]) == (200, 3)


def test_a_stale_claim_is_offered_again_and_its_holder_is_too_late(door: Door) -> None:
    agent = new_agent(door)
    order = put_up(door, agent, claim_timeout_seconds=300)
    claim(door, order, agent)
    door.advance(seconds=299)
    assert offered_to(door, agent) == []
    door.advance(seconds=12)
    assert offered_to(door, agent) == [order]
    assert door.get(f"/work-orders/{order}").members["retry_count"] == 0
    late = complete(door, order, agent, {"success": True})
    assert (late.status, late.code) == (403, "work_order_not_claimed_by_agent")


def test_only_who_claimed_completes_and_a_deleted_order_is_gone(door: Door) -> None:
    one, other = new_agent(door), new_agent(door)
    order = put_up(door, one, other)
    claim(door, order, one)
    assert complete(door, order, other, {"success": True}).status == 403
    assert door.delete(f"/work-orders/{order}").status == 204
    assert complete(door, order, one, {"success": True}).status == 404
    assert door.delete(f"/work-orders/{order}").code == "work_order_not_found"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"targeting": {}}, "no_targeting_specified"),
        ({"work_type": " "}, "invalid_work_order"),
        ({"yaml_content": ""}, "invalid_work_order"),
        ({"max_retries": -1}, "invalid_work_order"),
        ({"backoff_seconds": 0}, "invalid_work_order"),
        ({"claim_timeout_seconds": 0}, "invalid_work_order"),
    ],
)
def test_what_cannot_be_an_order_is_400(door: Door, members: JsonObject, code: str) -> None:
    body: JsonObject = {"work_type": "custom", "yaml_content": JOB, "targeting": {"labels": ["a"]}, **members}
    refused = door.post("/work-orders", body)
    assert (refused.status, refused.code) == (400, code)


def test_an_order_for_an_unknown_agent_is_422_and_leaves_nothing(door: Door) -> None:
    kind = unique("type")
    body: JsonObject = {"work_type": kind, "yaml_content": JOB, "target_agent_ids": [UNKNOWN_ID]}
    assert door.post("/work-orders", body).status == 422
    assert door.get("/work-orders", query={"work_type": kind}).json == []


def test_operators_list_what_is_open_and_what_is_done(door: Door) -> None:
    agent, kind = new_agent(door), unique("type")
    first, second = put_up(door, agent, work_type=kind), put_up(door, agent, work_type=kind)
    listed = door.get("/work-orders", query={"work_type": kind}).items
    assert [id_of(item) for item in listed] == [second, first]
    claim(door, first, agent)
    claimed = door.get("/work-orders", query={"work_type": kind, "status": "CLAIMED"}).items
    assert [id_of(item) for item in claimed] == [first]
    complete(door, first, agent, {"success": True})
    log = door.get("/work-order-log", query={"work_type": kind, "success": "true", "agent_id": agent.id})
    assert [id_of(item) for item in log.items] == [first]
    assert door.get("/work-order-log", query={"work_type": kind, "success": "false"}).json == []
    assert door.get(f"/work-order-log/{second}").code == "work_order_log_entry_not_found"


def test_operators_side_is_for_admins(door: Door) -> None:
    agent, generator = new_agent(door), new_generator(door)
    for path in ("/work-orders", "/work-order-log", f"/work-orders/{UNKNOWN_ID}"):
        assert door.get(path, pak=agent.pak).status == 403
        assert door.get(path, pak=generator.pak).status == 403
    assert door.get("/work-order-log", query={"success": "yes"}).status == 400
