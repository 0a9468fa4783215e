"""Server-side apply of lists: by key, as sets, as a whole, and their order."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from cluster_support import Client, Reply, config_map, deployment, managers, service, with_metadata


def containers(*items: JsonObject) -> JsonObject:
    body = deployment()
    listed: list[Json] = [*items]
    spec = as_object(dig(body, "spec", "template", "spec"))
    spec["containers"] = listed
    return body


def main(**more: Json) -> JsonObject:
    return {"name": "main", "image": "nginx:1", **more}


def side(**more: Json) -> JsonObject:
    return {"name": "side", "image": "busybox:1", **more}


def live(reply: Reply) -> list[JsonObject]:
    return [as_object(item) for item in as_list(reply.get("spec", "template", "spec", "containers"))]


def names(reply: Reply) -> list[str]:
    return [as_text(item["name"]) for item in live(reply)]


def test_items_are_told_apart_by_their_key(client: Client) -> None:
    client.apply(containers(main()), "first")
    reply = client.apply(containers(side()), "second").expect(200)
    assert names(reply) == ["main", "side"]


def test_fields_of_one_item_can_have_two_owners(client: Client) -> None:
    client.apply(containers(main()), "first")
    reply = client.apply(containers({"name": "main", "tty": True}), "second").expect(200)
    assert (live(reply)[0]["image"], live(reply)[0]["tty"]) == ("nginx:1", True)


def test_an_item_given_up_goes_with_its_defaults(client: Client) -> None:
    client.apply(containers(main(), side()))
    reply = client.apply(containers(main())).expect(200)
    assert names(reply) == ["main"]


def test_an_item_somebody_else_owns_stays(client: Client) -> None:
    client.apply(containers(main(), side()), "first")
    client.apply(containers(side()), "second")
    assert names(client.apply(containers(main()), "first").expect(200)) == ["main", "side"]


def test_a_conflict_inside_an_item_names_its_key(client: Client) -> None:
    client.apply(containers(main()), "first")
    reply = client.apply(containers(main(image="nginx:9")), "second").expect(409)
    assert reply.causes == [("FieldManagerConflict", '.spec.template.spec.containers[name="main"].image')]


def test_an_item_is_booked_under_its_keys(client: Client) -> None:
    reply = client.apply(service("web", 80)).expect(201)
    ports = as_object(dig(managers(reply)["tester", "Apply", ""], "f:spec", "f:ports"))
    assert list(ports) == ['k:{"port":80,"protocol":"TCP"}']
    assert ports['k:{"port":80,"protocol":"TCP"}'] == {".": {}, "f:name": {}, "f:port": {}}


def test_a_key_the_manifest_leaves_to_the_server_counts_as_its_default(client: Client) -> None:
    client.apply(service("web", 80), "first")
    written = service("web", 80)
    port = as_object(as_list(dig(written, "spec", "ports"))[0])
    port["protocol"] = "TCP"
    reply = client.apply(written, "second").expect(200)
    assert len(as_list(reply.get("spec", "ports"))) == 1


def test_the_same_port_under_two_protocols_is_two_items(client: Client) -> None:
    body = service("dns", 53)
    ports = as_list(dig(body, "spec", "ports"))
    ports.append({"name": "udp", "port": 53, "protocol": "UDP"})
    reply = client.apply(body).expect(201)
    assert [dig(port, "protocol") for port in as_list(reply.get("spec", "ports"))] == ["TCP", "UDP"]


def test_the_same_key_twice_in_a_configuration_fails(client: Client) -> None:
    reply = client.apply(containers(main(), main(image="nginx:2"))).expect(500)
    assert 'duplicate entries for key [name="main"]' in reply.message


def test_an_item_without_any_key_fails(client: Client) -> None:
    assert client.apply(containers({"image": "nginx:1"})).status in {422, 500}


def test_items_of_a_set_have_single_owners(client: Client) -> None:
    client.apply(with_metadata(config_map(), finalizers=["example.com/a"]), "first")
    reply = client.apply(with_metadata(config_map(), finalizers=["example.com/b"]), "second").expect(200)
    assert reply.get("metadata", "finalizers") == ["example.com/a", "example.com/b"]
    assert managers(reply)["second", "Apply", ""] == {"f:metadata": {"f:finalizers": {'v:"example.com/b"': {}}}}
    client.apply(config_map(), "first")
    last = client.apply(config_map(), "second").expect(200)
    assert last.get("metadata", "finalizers") is None


@pytest.mark.usefixtures("untouched")
def test_an_emptied_list_can_be_applied_again_without_change(client: Client) -> None:
    client.apply(with_metadata(config_map(), finalizers=["example.com/a"]))
    emptied = client.apply(config_map()).expect(200)
    assert client.apply(config_map()).expect(200).body == emptied.body


def test_live_order_is_kept_and_new_items_come_where_the_configuration_has_them(client: Client) -> None:
    client.apply(containers(main(), side()))
    first: JsonObject = {"name": "first", "image": "busybox:1"}
    assert names(client.apply(containers(first, main(), side())).expect(200)) == ["first", "main", "side"]


def test_a_manager_can_reorder_its_own_items(client: Client) -> None:
    client.apply(containers(main(), side()))
    assert names(client.apply(containers(side(), main())).expect(200)) == ["side", "main"]


def test_environment_variables_merge_by_name(client: Client) -> None:
    client.apply(containers(main(env=[{"name": "A", "value": "1"}])), "first")
    extra: JsonObject = {"name": "main", "env": [{"name": "B", "value": "2"}]}
    reply = client.apply(containers(extra), "second").expect(200)
    env = as_list(live(reply)[0]["env"])
    assert {as_text(dig(item, "name")) for item in env} == {"A", "B"}


def test_arguments_are_replaced_as_a_whole(client: Client) -> None:
    client.apply(containers(main(args=["-a", "-b"])))
    assert live(client.apply(containers(main(args=["-c"]))).expect(200))[0]["args"] == ["-c"]


def test_owner_references_merge_by_uid(client: Client) -> None:
    owner = client.create(config_map("owner"))
    reference: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.uid}
    client.apply(with_metadata(config_map(a="1"), ownerReferences=[reference]), "first").expect(201)
    again = client.apply(with_metadata(config_map(), ownerReferences=[reference]), "second").expect(200)
    assert len(as_list(again.get("metadata", "ownerReferences"))) == 1
