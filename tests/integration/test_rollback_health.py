"""What was ready before a run has to be ready again, and a controller gets its time to look (P9)."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback import Entry, ObjectState, Verdict
from engine_play import QUICK
from rollback_support import Lab, definition, gadget, only

WITH_STATUS = (
    definition()
    .replace("    schema:", "    subresources: {status: {}}\n    schema:")
    .replace(
        "          spec:",
        "          status: {type: object, x-kubernetes-preserve-unknown-fields: true}\n          spec:",
    )
)
READY: JsonObject = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.stands(WITH_STATUS, policy=QUICK)
    made.stands(gadget("thing"))
    return made


def thing(lab: Lab) -> JsonObject:
    return lab.see("Gadget", "thing", api="example.com/v1")


def taken_away(lab: Lab) -> tuple[Entry, ...]:
    """The record of a run that deleted the gadget to create it anew, and came no further."""
    before = thing(lab)
    lab.delete(before)
    return (Entry(ref=ref_of(before), before=before, deleted=True),)


def test_a_custom_resource_without_the_status_it_had_is_not_as_healthy_as_before(lab: Lab) -> None:
    lab.patch(thing(lab), READY, by="operator", subresource="status")
    undone = lab.put_back(entries=taken_away(lab))

    assert (undone.verdict, only(undone).state) == (Verdict.PARTIAL, ObjectState.NOT_RESTORED)
    assert only(undone).predicates.health is False
    assert "no controller has given it a status yet" in only(undone).note


def test_its_controller_gets_the_time_to_look_at_it(lab: Lab) -> None:
    lab.patch(thing(lab), READY, by="operator", subresource="status")
    entries = taken_away(lab)
    undone = lab.put_back(
        entries=entries, meanwhile=lambda: lab.patch(thing(lab), READY, by="operator", subresource="status")
    )

    assert (undone.verdict, only(undone).predicates.health) == (Verdict.VERIFIED_EQUIVALENT, True)
    assert dig(thing(lab), "metadata", "uid") != dig(entries[0].before, "metadata", "uid")


def test_one_that_no_controller_looks_after_is_waited_for_only_so_long(lab: Lab) -> None:
    lab.patch(thing(lab), READY, by="operator", subresource="status")
    undone = lab.put_back(entries=taken_away(lab), meanwhile=lambda: lab.cluster.advance(40.0))

    assert (undone.verdict, only(undone).predicates.health) == (Verdict.VERIFIED_EQUIVALENT, True)
