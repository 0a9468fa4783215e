"""Whose fields are whose after a restore: handing back is decided from three states of managedFields."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_list
from brokkr_core.rollback.owners import RESTORE_MANAGER, hand_back
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
    found = hand_back(owned(THEIRS), owned(OURS, ROBBED), owned(ROBBED, RESTORING))

    assert found == [THEIRS]


def test_an_owner_who_wrote_since_keeps_what_it_has_now() -> None:
    wrote = manager("kubectl", "b", "c")
    found = hand_back(owned(THEIRS), owned(OURS, ROBBED), owned(wrote, RESTORING))

    assert found == [wrote]


def test_an_owner_who_came_since_stays() -> None:
    new = manager("hpa", "d")
    found = hand_back(owned(), owned(OURS), owned(new, RESTORING))

    assert found == [new]


def test_what_another_manager_took_from_one_since_is_its_own_loss() -> None:
    took = manager("hpa", "b")
    found = hand_back(owned(THEIRS), owned(OURS, ROBBED), owned(took, RESTORING))

    assert found == [took]


def test_who_gives_a_field_up_that_is_still_owned_by_others_has_given_it_up() -> None:
    both, gave = manager("kubectl", "a", "b"), manager("kubectl", "a")
    other = manager("hpa", "b", operation="Apply")
    found = hand_back(owned(both, other), owned(both, other), owned(gave, other))

    assert found == [gave, other]


def test_handing_back_again_changes_nothing() -> None:
    before, after = owned(THEIRS), owned(OURS, ROBBED)
    once = hand_back(before, after, owned(ROBBED, RESTORING))

    assert hand_back(before, after, live(metadata={"managedFields": once})) == once


def test_the_status_belongs_to_whoever_writes_it_now() -> None:
    old, new = manager("kubelet", "x", subresource="status"), manager("kubelet", "y", subresource="status")
    found = hand_back(owned(old), owned(old), owned(new))

    assert found == [new]


def test_two_updates_through_two_versions_are_two_owners() -> None:
    first, second = manager("kubectl", "a", version="v1"), manager("kubectl", "b", version="v2")
    found = hand_back(owned(first, second), owned(OURS, second), owned(second, RESTORING))

    assert as_list(found) == [first, second]


def test_an_applier_keeps_its_one_entry_whatever_version_it_speaks() -> None:
    old, new = (
        manager("brokkr-controller", "a", operation="Apply"),
        manager("brokkr-controller", "b", operation="Apply", version="v2"),
    )

    assert hand_back(owned(old), owned(new), owned(new, RESTORING)) == [old]
