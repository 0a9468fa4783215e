"""What is remembered of an object proves that it is unchanged, or proves nothing."""

from __future__ import annotations

import pytest

from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ref_of
from engine_support import live

US = "us"


def owners(*labels: str) -> Json:
    fields: JsonObject = {"f:metadata": {"f:labels": {f"f:{label}": {} for label in labels}}, "f:spec": {"f:size": {}}}
    return [{"manager": US, "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": fields}]


def deployment(*, version: str = "5", generation: int = 2, label: str = "1", **metadata: Json) -> JsonObject:
    more: JsonObject = {"generation": generation, "labels": {"a": label}, "managedFields": owners("a"), **metadata}
    return live("Deployment", api_version="apps/v1", version=version, metadata=more)


DESIRED: JsonObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "one", "namespace": "shop", "labels": {"a": "1"}},
    "spec": {"size": 3},
}
REF = ref_of(DESIRED)


def knowing(body: JsonObject | None = None, *, ready: bool = False) -> Memory:
    memory = Memory()
    memory.remember(REF, DESIRED, body or deployment(), manager=US, ready=ready)
    return memory


def proves(memory: Memory, body: JsonObject, desired: JsonObject = DESIRED) -> bool:
    return memory.proves(REF, desired, body, manager=US)


def test_the_same_version_is_proof() -> None:
    assert proves(knowing(), deployment())


def test_without_a_memo_nothing_is_proven() -> None:
    assert not proves(Memory(), deployment())


def test_another_wish_another_uid_another_spec_are_no_proof() -> None:
    assert not proves(knowing(), deployment(), {**DESIRED, "spec": {"size": 4}})
    assert not proves(knowing(), deployment(uid="u2"))
    assert not proves(knowing(), deployment(version="6", generation=3))


def test_a_status_that_moved_is_no_change() -> None:
    assert proves(knowing(), deployment(version="6"))


@pytest.mark.parametrize("moved", [{"label": "2"}, {"managedFields": owners("a", "b")}, {"managedFields": []}])
def test_metadata_or_owners_that_moved_are_no_proof_even_at_the_same_generation(moved: dict[str, Json]) -> None:
    assert not proves(knowing(), deployment(version="6", **moved))  # type: ignore[arg-type]


def test_a_kind_that_does_not_count_its_changes_needs_the_same_version() -> None:
    body = {**deployment(), "apiVersion": "v1", "kind": "ConfigMap"}
    moved = {**deployment(version="6"), "apiVersion": "v1", "kind": "ConfigMap"}
    memory = Memory()
    memory.remember(ref_of(body), DESIRED, body, manager=US, ready=True)

    assert memory.proves(ref_of(body), DESIRED, body, manager=US)
    assert not memory.proves(ref_of(body), DESIRED, moved, manager=US)


def test_ready_is_said_of_one_version_only() -> None:
    memory = knowing(ready=True)
    assert proves(memory, deployment(version="6"))
    memo = memory.recall(REF)
    assert memo is not None
    assert (memo.ready, memo.resource_version) == (False, "6")

    memory.seen_ready(REF, deployment(version="7"))
    assert memory.recall(REF) == memo
    memory.seen_ready(REF, deployment(version="6"))
    again = memory.recall(REF)
    assert again is not None
    assert again.ready


def test_nothing_of_the_object_is_kept_or_shown() -> None:
    memory = Memory()
    secret: JsonObject = {**DESIRED, "spec": {"password": "hunter2"}}
    memory.remember(REF, secret, deployment(), manager=US, ready=False)

    assert "hunter2" not in repr(vars(memory))
    other = Memory()
    other.remember(REF, secret, deployment(), manager=US, ready=False)
    one, two = memory.recall(REF), other.recall(REF)
    assert one is not None
    assert two is not None
    assert one.desired != two.desired, "digests are keyed, so they cannot be looked up in a table"


def test_an_answer_without_identity_is_not_remembered() -> None:
    memory = Memory()
    memory.remember(REF, DESIRED, {"metadata": {}}, manager=US, ready=True)

    assert len(memory) == 0


def test_what_is_forgotten_proves_nothing() -> None:
    memory = knowing()
    memory.forget(REF)

    assert not proves(memory, deployment())
