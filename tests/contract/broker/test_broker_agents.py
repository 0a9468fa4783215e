"""Agents (contract 5.2, 5.3, 5.13, 6.1; scenarios 7 to 9, 49)."""

from __future__ import annotations

import re

import pytest

from brokkr_core.model.json import JsonObject, as_text
from fake_broker_support import (
    UNKNOWN_ID,
    Door,
    Member,
    give,
    id_of,
    new_agent,
    new_generator,
    new_object,
    new_stack,
    offered,
    report,
    unique,
)

PAK = re.compile(r"brokkr_BR[1-9A-HJ-NP-Za-km-z]{6}_[1-9A-HJ-NP-Za-km-z]{32,33}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z")


def search(door: Door, agent: Member, pak: str = "") -> JsonObject:
    query = {"name": agent.name, "cluster_name": agent.cluster_name}
    return door.get("/agents/", pak=pak, query=query).members


def test_a_new_agent_is_inactive_and_gets_its_pak_once(door: Door) -> None:
    name, cluster = unique("edge"), unique("cluster")
    made = door.post("/agents", {"name": name, "cluster_name": cluster})
    assert made.status == 201
    assert PAK.fullmatch(as_text(made.members["initial_pak"]))
    agent = made.members["agent"]
    assert isinstance(agent, dict)
    assert {key: agent[key] for key in agent if key not in {"id", "created_at", "updated_at"}} == {
        "deleted_at": None,
        "name": name,
        "cluster_name": cluster,
        "last_heartbeat": None,
        "status": "INACTIVE",
        "k8s_reachable": None,
        "k8s_api_latency_ms": None,
        "k8s_reported_at": None,
    }
    assert RFC3339.fullmatch(as_text(agent["created_at"]))


def test_a_new_agent_is_registered_with_the_system_and_the_generators_it_names(door: Door) -> None:
    generator = new_generator(door)
    agent = new_agent(door, generator)
    found = door.get(f"/agents/{agent.id}/registrations", pak=agent.pak).items
    assert len(found) == 2
    assert generator.id in {row["generator_id"] for row in found}


def test_a_generator_nobody_knows_stops_the_creation(door: Door) -> None:
    body: JsonObject = {"name": unique("a"), "cluster_name": "c", "generator_ids": [UNKNOWN_ID]}
    refused = door.post("/agents", body)
    assert (refused.status, refused.code) == (400, "invalid_generator_id")
    body["generator_ids"] = []
    assert door.post("/agents", body).status == 201


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_name_is_refused(door: Door, blank: str) -> None:
    refused = door.post("/agents", {"name": blank, "cluster_name": "c"})
    assert (refused.status, refused.code) == (400, "invalid_agent")


def test_name_and_cluster_are_unique_together(door: Door) -> None:
    agent = new_agent(door)
    again: JsonObject = {"name": agent.name, "cluster_name": agent.cluster_name}
    taken = door.post("/agents", again)
    assert (taken.status, taken.code) == (409, "unique_violation")
    assert door.post("/agents", {**again, "cluster_name": unique("other")}).status == 201


def test_the_name_of_a_deleted_agent_is_free_again(door: Door) -> None:
    agent = new_agent(door)
    door.delete(f"/agents/{agent.id}")
    body: JsonObject = {"name": agent.name, "cluster_name": agent.cluster_name}
    assert door.post("/agents", body).status == 201


def test_only_an_admin_makes_and_deletes_agents(door: Door) -> None:
    agent = new_agent(door)
    refused = door.post("/agents", {"name": "a", "cluster_name": "c"}, pak=agent.pak)
    assert (refused.status, refused.code) == (403, "admin_required")
    assert door.delete(f"/agents/{agent.id}", pak=agent.pak).status == 403


def test_the_list_without_a_slash_is_closed_to_agents(door: Door) -> None:
    refused = door.get("/agents", pak=new_agent(door).pak)
    assert (refused.status, refused.code) == (403, "generator_required")


def test_a_generator_lists_the_agents_registered_with_it(door: Door) -> None:
    generator = new_generator(door)
    agent, _ = new_agent(door, generator), new_agent(door)
    assert [id_of(item) for item in door.get("/agents", pak=generator.pak).items] == [agent.id]
    assert agent.id in [id_of(item) for item in door.get("/agents").items]


def test_the_search_with_a_slash_answers_with_one_object(door: Door) -> None:
    agent = new_agent(door)
    assert search(door, agent, agent.pak)["id"] == agent.id


@pytest.mark.parametrize("query", [{}, {"name": "x"}, {"cluster_name": "x"}])
def test_the_search_needs_both_parameters(door: Door, query: dict[str, str]) -> None:
    refused = door.get("/agents/", query=query)
    assert (refused.status, refused.code) == (400, "name_and_cluster_required")


def test_the_search_tells_another_agents_existence(door: Door) -> None:
    agent, other = new_agent(door), new_agent(door)
    assert search(door, other, agent.pak)["code"] == "agent_pak_mismatch"
    missing = Member(id="", pak="", name=unique("nobody"), cluster_name="nowhere")
    assert search(door, missing, agent.pak)["code"] == "agent_not_found"


def test_an_agent_reads_itself_only(door: Door) -> None:
    agent, other = new_agent(door), new_agent(door)
    assert door.get(f"/agents/{agent.id}", pak=agent.pak).members["id"] == agent.id
    assert door.get(f"/agents/{other.id}", pak=agent.pak).code == "agent_pak_mismatch"
    assert door.get(f"/agents/{UNKNOWN_ID}").code == "agent_not_found"


def test_an_agent_can_activate_and_rename_itself(door: Door) -> None:
    agent = new_agent(door)
    name = unique("renamed")
    changed = door.call("PUT", f"/agents/{agent.id}", {"status": "ACTIVE", "name": name}, pak=agent.pak)
    assert changed.status == 200
    assert (changed.members["status"], changed.members["name"]) == ("ACTIVE", name)
    assert door.get("/agents/", query={"name": agent.name, "cluster_name": agent.cluster_name}).status == 404


def test_members_that_are_no_text_are_ignored_by_a_change(door: Door) -> None:
    agent = new_agent(door)
    changed = door.call("PUT", f"/agents/{agent.id}", {"name": 5, "status": None, "k8s_reachable": True})
    assert changed.members["name"] == agent.name
    assert changed.members["status"] == "INACTIVE"
    assert changed.members["k8s_reachable"] is None


def test_renaming_to_a_taken_name_is_409(door: Door) -> None:
    agent, other = new_agent(door), new_agent(door)
    body: JsonObject = {"name": other.name, "cluster_name": other.cluster_name}
    taken = door.call("PUT", f"/agents/{agent.id}", body)
    assert (taken.status, taken.code) == (409, "unique_violation")


def test_deleting_an_unknown_agent_is_204(door: Door) -> None:
    assert door.delete(f"/agents/{UNKNOWN_ID}").status == 204


def test_an_inactive_agent_is_served_like_any_other(door: Door) -> None:
    generator = new_generator(door)
    agent = new_agent(door, generator)
    stack = new_stack(door, generator)
    give(door, agent, stack)
    made = new_object(door, stack)
    assert door.get(f"/agents/{agent.id}").members["status"] == "INACTIVE"
    assert offered(door, agent) == [made]
    assert report(door, agent, made).status == 201


def test_labels_of_an_agent_come_and_go(door: Door) -> None:
    agent = new_agent(door)
    path = f"/agents/{agent.id}/labels"
    assert door.post(path, {"agent_id": agent.id, "label": "edge/1"}).status == 201
    assert [row["label"] for row in door.get(path, pak=agent.pak).items] == ["edge/1"]
    assert door.delete(f"{path}/edge%2F1").status == 204
    assert door.delete(f"{path}/edge%2F1").code == "agent_label_not_found"


def test_annotations_of_an_agent_come_and_go(door: Door) -> None:
    agent = new_agent(door)
    path = f"/agents/{agent.id}/annotations"
    assert door.post(path, {"agent_id": agent.id, "key": "region", "value": "eu"}).status == 201
    assert [(row["key"], row["value"]) for row in door.get(path).items] == [("region", "eu")]
    assert door.delete(f"{path}/region").status == 204
    assert door.delete(f"{path}/region").code == "agent_annotation_not_found"


def test_the_same_label_twice_is_409_and_a_foreign_id_is_400(door: Door) -> None:
    agent = new_agent(door)
    body: JsonObject = {"agent_id": agent.id, "label": "edge"}
    door.post(f"/agents/{agent.id}/labels", body)
    assert door.post(f"/agents/{agent.id}/labels", body).status == 409
    mismatch = door.post(f"/agents/{agent.id}/labels", {**body, "agent_id": UNKNOWN_ID})
    assert (mismatch.status, mismatch.code) == (400, "agent_id_mismatch")


def test_a_label_wider_than_its_column_is_500(door: Door) -> None:
    agent = new_agent(door)
    body: JsonObject = {"agent_id": agent.id, "label": "x" * 65}
    assert door.post(f"/agents/{agent.id}/labels", body).code == "internal_error"


def test_an_agent_cannot_label_itself(door: Door) -> None:
    agent = new_agent(door)
    body: JsonObject = {"agent_id": agent.id, "label": "edge"}
    assert door.call("POST", f"/agents/{agent.id}/labels", body, pak=agent.pak).code == "admin_required"
