"""The certificate of a rollback: what it says, what it never says, and that it can be checked."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_core.apply.inventory.values import Entry as Owned
from brokkr_core.apply.inventory.values import Inventory
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.rollback import (
    Entry,
    Finding,
    ObjectState,
    Timing,
    Undone,
    Verdict,
    aggregate,
    certify,
    verify,
    verify_inventory,
)
from brokkr_core.rollback.certificate import digest
from certificate_support import FACTS, KEY, SCHEMA, checked
from engine_support import a_ref, live

BEFORE = live(version="1", data={"a": "1"})
AFTER = live(version="2", data={"a": "2"})
BACK = live(version="3", data={"a": "1"})
CHANGED = Entry(ref=a_ref(), before=BEFORE, after=AFTER)


def the_object(entry: Entry, now: JsonObject | None, finding: Finding | None = None) -> JsonObject:
    """Certify one object and return what is said of it."""
    found = finding or verify(entry, now)
    undone = Undone(verdict=aggregate([found]), findings=(found,), bodies={entry.ref: now})
    return as_object(as_list(checked(certify(undone, [entry], FACTS, key=KEY))["objects"])[0])


def test_the_document_says_which_run_when_and_how_it_ended() -> None:
    undone = Undone(
        verdict=Verdict.VERIFIED_EXACT,
        timing=Timing(restoring_seconds=0.5, settling_seconds=1.25, window_seconds=10.0001),
        steady=True,
        inventory=True,
    )

    assert checked(certify(undone, [], FACTS, key=KEY)) == {
        "form": 1,
        "verdict": "VERIFIED_EXACT",
        "run": {"id": "run-1", "planDigest": "sha256:plan", "journalHead": "sha256:head"},
        "versions": {"brokkr": "0.1.0", "apiServer": "v1.32.0"},
        "times": {
            "started": "2026-01-01T00:00:00.000+00:00",
            "finished": "2026-01-01T00:00:12.000+00:00",
            "restoringSeconds": 0.5,
            "settlingSeconds": 1.25,
            "windowSeconds": 10.0,
        },
        "predicates": {"P8": True, "P10": True},
        "objects": [],
    }


def test_an_object_that_is_back_has_the_digest_it_had_and_another_one_in_between() -> None:
    said = the_object(CHANGED, BACK)
    digests = as_object(said["digest"])

    assert digests["before"] == digests["now"] != digests["after"]
    assert said["object"] == {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "one"}
    assert said["resourceVersion"] == {"before": "1", "after": "2", "now": "3"}
    assert said["uid"] == {"before": "u1", "after": "u1", "now": "u1"}
    assert (said["state"], said["evidence"], said["notBack"]) == ("restored_exact", "exact", [])
    assert [dig(said, "predicates", f"P{number}") for number in range(1, 7)] == [True] * 6


def test_an_object_that_is_gone_again_has_only_the_digest_of_what_we_made() -> None:
    said = the_object(Entry(ref=a_ref(), before=None, after=AFTER, created=True), None)

    assert [dig(said, "digest", side) is None for side in ("before", "after", "now")] == [True, False, True]
    assert said["state"] == "deleted_created"


def test_evidence_is_bounded_when_somebody_may_have_written_or_nobody_knows_what_we_wrote() -> None:
    assert the_object(evolve(CHANGED, bounded=True), BACK)["evidence"] == "bounded"
    assert the_object(evolve(CHANGED, after=None), BACK)["evidence"] == "bounded"
    assert the_object(evolve(CHANGED, after=None), BEFORE)["evidence"] == "exact"


def test_a_contested_and_a_foreign_path_are_named_with_who_owns_them() -> None:
    owners: list[Json] = [{"manager": "hpa", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}}}]
    now: JsonObject = {**BACK, "data": {"a": "theirs", "b": "theirs"}}
    now["metadata"] = {**as_object(BACK["metadata"]), "managedFields": owners}
    said = the_object(CHANGED, now, verify(CHANGED, now, contested=("data.a",)))

    assert said["contested"] == [{"path": "data.a", "managers": ["hpa"]}]
    assert said["foreign"] == [{"path": "data.b", "managers": ["hpa"]}]


def test_what_was_kept_says_why_and_what_was_refused_repeats_no_word_of_the_server() -> None:
    kept = Finding(ref=a_ref(), state=ObjectState.RETAINED_GUARDED, note="App/boss has made it its own since")
    refused = Finding(ref=a_ref(), state=ObjectState.FORBIDDEN, note='User "x" may not; value "hunter2"')

    assert the_object(CHANGED, AFTER, kept)["retained"] == "App/boss has made it its own since"
    assert the_object(CHANGED, AFTER, refused)["retained"] is None
    assert "hunter2" not in str(the_object(CHANGED, AFTER, refused))


def test_a_digest_is_of_one_run_and_of_the_values_alone() -> None:
    touched = live(version="9", uid="u9", data={"a": "1"}, status={"phase": "x"}, metadata={"generation": 4})

    assert digest(BEFORE, KEY) == digest(touched, KEY)
    assert digest(BEFORE, KEY) != digest(BEFORE, KEY[::-1])
    assert digest(BEFORE, KEY).startswith("hmac-sha256:")


def test_a_key_that_can_be_guessed_and_a_time_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        certify(Undone(verdict=Verdict.NOT_NEEDED), [], FACTS, key=b"short")
    with pytest.raises(ValueError, match="time zone"):
        evolve(FACTS, started=FACTS.started.replace(tzinfo=None))


def test_the_schema_knows_every_verdict_and_every_state() -> None:
    assert dig(SCHEMA, "$defs", "verdict", "enum") == [str(verdict) for verdict in Verdict]
    assert dig(SCHEMA, "$defs", "state", "enum") == [str(state) for state in ObjectState]


def inventory(**uids: str) -> Inventory:
    return Inventory(entries=tuple(Owned(ref=a_ref(name), uid=uid) for name, uid in uids.items()))


@pytest.mark.parametrize(
    ("before", "now", "state", "kept"),
    [
        (inventory(one="u1"), inventory(one="u1"), ObjectState.RESTORED_EXACT, True),
        (inventory(one="u1"), inventory(one="u2"), ObjectState.RESTORED_EXACT, False),
        (inventory(one="u1"), inventory(one="u2"), ObjectState.RESTORED_NEW_IDENTITY, True),
        (inventory(one="u1"), inventory(one=""), ObjectState.RESTORED_NEW_IDENTITY, True),
        (inventory(one="u1"), inventory(one=""), ObjectState.RESTORED_EXACT, False),
        (inventory(one=""), inventory(one="u1"), ObjectState.RESTORED_EXACT, True),
        (inventory(one="u1"), inventory(), ObjectState.RESTORED_EXACT, False),
        (inventory(), inventory(one="u1"), ObjectState.DELETED_CREATED, False),
        (inventory(), inventory(one="u1"), ObjectState.RETAINED_GUARDED, True),
        (inventory(), inventory(two="u1"), ObjectState.RETAINED_GUARDED, False),
        (inventory(), inventory(), ObjectState.DELETED_CREATED, True),
    ],
)
def test_the_inventory_is_back_when_it_names_the_same_objects_with_the_same_uids(
    before: Inventory, now: Inventory, state: ObjectState, kept: bool
) -> None:
    assert verify_inventory(before, now, [Finding(ref=a_ref(), state=state)]) is kept


def test_the_revision_an_inventory_names_is_not_what_it_owns() -> None:
    assert verify_inventory(inventory(one="u1"), evolve(inventory(one="u1"), revision="r2", checksum="c"))
