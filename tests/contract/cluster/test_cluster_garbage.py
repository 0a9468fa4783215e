"""What goes when an owner goes, and what a namespace takes along."""

from __future__ import annotations

from brokkr_core.model.json import as_list, as_text, dig
from cluster_support import (
    MERGE_PATCH,
    Client,
    Reply,
    config_map,
    eventually,
    gadget,
    namespace,
    owned_by,
    unique,
    with_metadata,
)

OWNER, CHILD = config_map("owner"), config_map("child")
#: A namespace waits until those of the tests before are gone.
NAMESPACE_SECONDS = 180.0


def family(client: Client, *, blocking: bool = False) -> tuple[Reply, Reply]:
    owner = client.create(OWNER).expect(201)
    return owner, client.create(owned_by(CHILD, owner, blocking=blocking)).expect(201)


def test_background_deletion_takes_the_dependents_along(client: Client) -> None:
    family(client)
    client.delete(OWNER, propagationPolicy="Background").expect(200)
    assert client.gone(OWNER)
    eventually(lambda: client.gone(CHILD))


def test_foreground_deletion_ends_the_owner_last(client: Client) -> None:
    owner = client.create(OWNER)
    client.create(with_metadata(owned_by(CHILD, owner, blocking=True), finalizers=["example.com/hold"]))
    reply = client.delete(OWNER, propagationPolicy="Foreground").expect(200)
    assert reply.get("metadata", "finalizers") == ["foregroundDeletion"]
    eventually(lambda: client.read(CHILD).get("metadata", "deletionTimestamp") is not None)
    assert not client.gone(OWNER)
    client.patch(CHILD, {"metadata": {"finalizers": None}}, MERGE_PATCH)
    eventually(lambda: client.gone(CHILD) and client.gone(OWNER))


def test_orphaning_leaves_the_dependents_without_owner(client: Client) -> None:
    family(client)
    client.delete(OWNER, {"propagationPolicy": "Orphan"}).expect(200)
    eventually(lambda: client.gone(OWNER))
    assert client.read(CHILD).expect(200).get("metadata", "ownerReferences") is None


def test_a_dependent_with_another_owner_stays(client: Client) -> None:
    first, second = client.create(config_map("first")), client.create(config_map("second"))
    one = owned_by(CHILD, first)
    two = owned_by(CHILD, second)
    references = as_list(dig(one, "metadata", "ownerReferences")) + as_list(dig(two, "metadata", "ownerReferences"))
    client.create(with_metadata(CHILD, ownerReferences=references)).expect(201)
    client.delete(config_map("first"), propagationPolicy="Background")
    eventually(lambda: len(as_list(client.read(CHILD).get("metadata", "ownerReferences"))) == 1)
    left = as_list(client.read(CHILD).get("metadata", "ownerReferences"))
    assert as_text(dig(left[0], "uid")) == second.uid


def test_an_object_whose_owner_never_existed_is_collected(client: Client) -> None:
    owner = client.create(OWNER)
    client.delete(OWNER)
    client.create(owned_by(CHILD, owner)).expect(201)
    eventually(lambda: client.gone(CHILD))


def test_grandchildren_go_too(client: Client) -> None:
    _, child = family(client)
    grandchild = config_map("grandchild")
    client.create(owned_by(grandchild, child))
    client.delete(OWNER, propagationPolicy="Background")
    eventually(lambda: client.gone(CHILD) and client.gone(grandchild))


def test_a_deleted_namespace_takes_its_content_along(client: Client) -> None:
    name = unique("doomed")
    client.create(namespace(name))
    inside = Client(client.transport, name)
    inside.create(config_map())
    reply = client.delete(namespace(name)).expect(200)
    assert reply.get("status", "phase") == "Terminating"
    eventually(lambda: client.gone(namespace(name)), seconds=NAMESPACE_SECONDS)
    assert inside.gone(config_map())


def test_nothing_can_be_created_in_a_terminating_namespace(client: Client) -> None:
    name = unique("closing")
    client.create(namespace(name))
    inside = Client(client.transport, name)
    inside.create(with_metadata(config_map("held"), finalizers=["example.com/hold"]))
    client.delete(namespace(name))
    reply = inside.create(config_map("late")).expect(403)
    applied = inside.apply(config_map("late")).expect(403)
    inside.patch(config_map("held"), {"metadata": {"finalizers": None}}, MERGE_PATCH)
    assert reply.message == (
        f'configmaps "late" is forbidden: unable to create new content in namespace {name} because it is being '
        "terminated"
    )
    assert reply.causes == applied.causes == [("NamespaceTerminating", "metadata.namespace")]
    eventually(lambda: client.gone(namespace(name)), seconds=NAMESPACE_SECONDS)


def test_a_stuck_namespace_says_what_holds_it(client: Client) -> None:
    name = unique("stuck")
    client.create(namespace(name))
    inside = Client(client.transport, name)
    inside.create(with_metadata(config_map("held"), finalizers=["example.com/hold"]))
    client.delete(namespace(name))
    eventually(lambda: bool(as_list(client.read(namespace(name)).get("status", "conditions"))))
    conditions = as_list(client.read(namespace(name)).get("status", "conditions"))
    inside.patch(config_map("held"), {"metadata": {"finalizers": None}}, MERGE_PATCH)
    messages = {as_text(dig(found, "type")): as_text(dig(found, "message")) for found in conditions}
    assert "example.com/hold in 1 resource instances" in messages["NamespaceFinalizersRemaining"]


def test_custom_resources_are_swept_with_their_namespace(client: Client, group: str) -> None:
    name = unique("swept")
    client.create(namespace(name))
    inside = Client(client.transport, name)
    inside.create(gadget(group, size=1)).expect(201)
    client.delete(namespace(name))
    eventually(lambda: inside.gone(gadget(group)))
