"""The inventory in a live cluster: written once, never half, and never believed when it is not whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from brokkr_core.apply import Entry, Inventory, InventoryStore, StackKey
from brokkr_core.errors import InputError, NetworkError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import RetryPolicy
from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.cluster.faults import Die, FaultPlan, FaultRule, Moment
from engine_play import writes

KEY = StackKey(stack_id="stack", owner_id="us")
OTHER = evolve(KEY, stack_id="other")
ONCE = RetryPolicy(attempts=1, base_seconds=0.01, cap_seconds=0.01, deadline_seconds=1.0)
#: Long names, so that few entries need several pieces.
LONG = "x" * 200


def inventory(*numbers: int, revision: str = "r1") -> Inventory:
    entries = (
        Entry(ref=ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name=f"{LONG}-{number}"))
        for number in numbers
    )
    return Inventory(entries=tuple(sorted(entries)), revision=revision, checksum="sum")


MANY = inventory(*range(3000))


class Lab:
    """A store over a cluster."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self.cluster = cluster
        self.client = KubeClient(cluster.transport(), retry=ONCE)
        self.store = InventoryStore(self.client, namespace="default")

    def bodies(self) -> dict[str, JsonObject]:
        resource = self.client.resource(self.ref("any"))
        listed = self.client.list(resource, namespace="default")
        found = {as_text(dig(body, "metadata", "name")): body for body in listed}
        return {name: body for name, body in found.items() if name.startswith("brokkr-inventory-")}

    def shards(self, key: StackKey = KEY) -> list[str]:
        return sorted(name for name in self.bodies() if name.startswith(f"{key.object_name}-"))

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name=name)

    def remove(self, name: str) -> None:
        self.client.delete(self.ref(name), uid=str(dig(self.bodies()[name], "metadata", "uid")))

    def written(self) -> list[str]:
        return [one.rpartition("/")[2] for one in writes(self.cluster)]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with EmbeddedCluster() as cluster:
        yield Lab(cluster)


def test_what_was_saved_is_loaded(lab: Lab) -> None:
    lab.store.save(KEY, MANY)

    assert lab.store.load(KEY) == MANY
    assert len(lab.shards()) > 1


def test_none_is_not_the_same_as_an_empty_one(lab: Lab) -> None:
    assert lab.store.load(KEY) is None
    lab.store.save(KEY, Inventory())

    assert lab.store.load(KEY) == Inventory()
    assert lab.shards() == []


def test_an_unchanged_inventory_costs_no_write(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    lab.cluster.requests.clear()
    lab.store.save(KEY, MANY)

    assert lab.written() == []


def test_another_revision_of_the_same_objects_rewrites_the_root_alone(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    lab.cluster.requests.clear()
    lab.store.save(KEY, evolve(MANY, revision="r2"))

    assert lab.written() == [KEY.object_name]


def test_one_object_more_writes_one_piece_then_the_root_then_deletes_the_old_piece(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    before = set(lab.shards())
    lab.cluster.requests.clear()
    lab.store.save(KEY, MANY.union([evolve(MANY.entries[0].ref, name="one-more")]))
    after = set(lab.shards())

    (added,), (removed,) = after - before, before - after
    assert lab.written() == [added, KEY.object_name, removed]


def test_a_piece_cannot_be_edited(lab: Lab) -> None:
    lab.store.save(KEY, inventory(1))
    (shard,) = lab.shards()

    assert lab.bodies()[shard]["immutable"] is True


@pytest.mark.parametrize("moment", list(Moment))
def test_wherever_a_save_is_cut_off_the_inventory_is_the_old_or_the_new_one(moment: Moment) -> None:
    old, new = MANY, evolve(MANY, entries=MANY.entries[700:], revision="r2")
    reached = 0
    for number in range(1, 100):
        with EmbeddedCluster() as cluster:
            lab = Lab(cluster)
            lab.store.save(KEY, old)
            cluster.break_with(FaultPlan(rules=[FaultRule(effect=Die(moment=moment), writes=True, nth=[number])]))
            try:
                lab.store.save(KEY, new)
            except NetworkError:
                assert lab.cluster.alive is False
            done = cluster.alive
            cluster.revive()
            cluster.break_with(FaultPlan())

            assert lab.store.load(KEY) in (old, new)
            lab.store.save(KEY, new)
            assert lab.store.load(KEY) == new
            assert len(lab.shards()) == len(set(str(dig(lab.bodies()[KEY.object_name], "data", "shards")).split()))
        if done:
            break
        reached += 1

    assert reached >= 3


def test_a_missing_piece_is_one_clear_error(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    lost = lab.shards()[0]
    lab.remove(lost)

    with pytest.raises(
        InputError, match=f"stack stack cannot be read: ConfigMap {lost} is missing; nothing is deleted"
    ):
        lab.store.load(KEY)


def test_a_piece_put_back_with_another_content_is_one_clear_error(lab: Lab) -> None:
    lab.store.save(KEY, inventory(1))
    (shard,) = lab.shards()
    body = lab.bodies()[shard]
    lab.remove(shard)
    again: JsonObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": shard, "namespace": "default", "labels": dig(body, "metadata", "labels")},
        "data": {"objects": "[]"},
    }
    lab.client.apply(again, lab.ref(shard), manager="somebody")

    with pytest.raises(InputError, match=r"was altered.*nothing is deleted"):
        lab.store.load(KEY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"shards": ""}, "hold 0 objects, not 1"),
        ({"count": "many"}, "what it consists of"),
        ({"stack": "another"}, "of another stack"),
        ({"owner": "another"}, "of another stack"),
    ],
)
def test_an_edited_root_is_one_clear_error(lab: Lab, change: dict[str, str], why: str) -> None:
    lab.store.save(KEY, inventory(1))
    body = lab.bodies()[KEY.object_name]
    lab.client.replace({**body, "data": {**as_object(body["data"]), **change}}, lab.ref(KEY.object_name), manager="x")

    with pytest.raises(InputError, match=f"{why}; nothing is deleted on its word"):
        lab.store.load(KEY)


def test_forgetting_deletes_the_root_first_and_nothing_of_another_stack(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    lab.store.save(OTHER, MANY)
    lab.cluster.requests.clear()
    lab.store.forget(KEY)

    assert lab.written()[0] == KEY.object_name
    assert lab.shards() == []
    assert lab.store.load(KEY) is None
    assert lab.store.load(OTHER) == MANY


def test_a_save_deletes_nothing_of_another_stack(lab: Lab) -> None:
    lab.store.save(OTHER, MANY)
    lab.store.save(KEY, MANY)
    lab.store.save(KEY, Inventory())

    assert lab.store.load(OTHER) == MANY


def test_the_stacks_of_an_owner_are_found_without_reading_a_piece(lab: Lab) -> None:
    lab.store.save(KEY, MANY)
    lab.store.save(OTHER, inventory(1))
    lab.store.save(evolve(KEY, owner_id="them"), inventory(1))
    lab.cluster.requests.clear()

    assert lab.store.stacks("us") == ["other", "stack"]
    assert len([one for one in lab.cluster.requests if one.path.startswith("/api/v1/")]) == 1
    resource = lab.client.resource(lab.ref("any"))
    listed = list(lab.client.list(resource, namespace="default", labels="brokkr.io/inventory=true"))
    assert len(listed) == 3
    assert all(not dig(body, "data", "objects") for body in listed)


@pytest.mark.slow
def test_fifty_thousand_objects_are_saved_and_loaded(lab: Lab) -> None:
    entries = tuple(
        Entry(ref=ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name=f"c{number}"), uid="u")
        for number in range(50_000)
    )
    whole = Inventory(entries=tuple(sorted(entries)), revision="r")
    lab.store.save(KEY, whole)

    assert lab.store.load(KEY) == whole


def test_all_inventories_of_an_owner_are_read_in_two_requests(cluster: EmbeddedCluster) -> None:
    lab = Lab(cluster)
    damaged = evolve(KEY, stack_id="damaged")
    lab.store.save(KEY, MANY)
    lab.store.save(OTHER, inventory(1))
    lab.store.save(damaged, inventory(2))
    lab.store.save(evolve(KEY, owner_id="them"), inventory(3))
    assert len(lab.shards()) > 1
    cluster.requests.clear()
    found = lab.store.load_all(KEY.owner_id)
    assert (len(cluster.requests), sorted(found)) == (2, ["damaged", "other", "stack"])
    assert (found["stack"], found["other"]) == (MANY, inventory(1))

    lab.remove(lab.shards(damaged)[0])
    again = lab.store.load_all(KEY.owner_id)
    assert isinstance(again["damaged"], InputError)
    assert (again["stack"], again["other"]) == (MANY, inventory(1))
