"""Whose fields are whose after a restore: handing back is decided from five states of managedFields."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_list
from brokkr_core.rollback.restore import RESTORE_MANAGER, hand_back
from engine_support import live


def manager(
    name: str, *fields: str, operation: str = "Update", version: str = "v1", subresource: str = ""
) -> JsonObject:
    owned: JsonObject = {"manager": name, "operation": operation, "apiVersion": version, "time": "t"}
    place: JsonObject = {"subresource": subresource} if subresource else {}
    return {**owned, **place, "fieldsV1": {f"f:{field}": {} for field in fields}}


def owned(*entries: JsonObject) -> JsonObject:
    return live(metadata={"managedFields": [*entries]})


OURS = manager("brokkr-controller", "a", operation="Apply")
THEIRS = manager("kubectl", "a", "b")
ROBBED = manager("kubectl", "b")
RESTORING = manager(RESTORE_MANAGER, "a")


def test_a_field_taken_by_force_goes_back_and_our_entries_disappear() -> None:
    after = owned(OURS, ROBBED)
    found = hand_back(owned(THEIRS), after, after, owned(ROBBED, RESTORING))

    assert found == [THEIRS]


def test_an_owner_who_wrote_since_keeps_what_it_has_now() -> None:
    wrote = manager("kubectl", "b", "c")
    found = hand_back(owned(THEIRS), owned(OURS, ROBBED), owned(OURS, wrote), owned(wrote, RESTORING))

    assert found == [wrote]


def test_an_owner_who_came_since_stays() -> None:
    new = manager("hpa", "d")
    after = owned(OURS)
    found = hand_back(owned(), after, owned(OURS, new), owned(new, RESTORING))

    assert found == [new]


def test_an_owner_who_writes_between_the_two_requests_keeps_what_it_has_now() -> None:
    wrote = manager("kubectl", "b", "c")
    after = owned(OURS, ROBBED)
    found = hand_back(owned(THEIRS), after, after, owned(ROBBED, RESTORING), now=owned(wrote, RESTORING))

    assert found == [wrote]


def test_the_status_belongs_to_whoever_writes_it_now() -> None:
    old, new = manager("kubelet", "x", subresource="status"), manager("kubelet", "y", subresource="status")
    found = hand_back(owned(old), owned(old), owned(old), owned(new))

    assert found == [new]


def test_two_updates_through_two_versions_are_two_owners() -> None:
    first, second = manager("kubectl", "a", version="v1"), manager("kubectl", "b", version="v2")
    after = owned(OURS, second)
    found = hand_back(owned(first, second), after, after, owned(second, RESTORING))

    assert as_list(found) == [first, second]


def test_an_applier_keeps_its_one_entry_whatever_version_it_speaks() -> None:
    old, new = (
        manager("brokkr-controller", "a", operation="Apply"),
        manager("brokkr-controller", "b", operation="Apply", version="v2"),
    )
    after = owned(new)

    assert hand_back(owned(old), after, after, owned(new, RESTORING)) == [old]
