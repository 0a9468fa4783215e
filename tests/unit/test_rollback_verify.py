"""The verdict on one object and on all: it never says more than was compared."""

from __future__ import annotations

import itertools

import pytest

from brokkr_core.apply.difference.paths import ownership
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.rollback import Entry, Finding, ObjectState, Verdict, aggregate, verify
from brokkr_core.rollback.verdict import worse
from brokkr_core.rollback.verify import unread
from engine_support import a_ref, live

BEFORE = live(version="1", data={"a": "1"})
AFTER = live(version="2", data={"a": "2"})
BACK = live(version="3", data={"a": "1"})

STATES = list(ObjectState)


def entry(before: JsonObject | None = BEFORE, after: JsonObject | None = AFTER, *, created: bool = False) -> Entry:
    return Entry(ref=a_ref(), before=before, after=after, created=created)


def anew() -> Entry:
    return Entry(ref=a_ref(), before=BEFORE, after=live(uid="u2", data={"a": "2"}), created=True, deleted=True)


def finding(state: ObjectState) -> Finding:
    return Finding(ref=a_ref(), state=state)


def owned(*entries: Json) -> JsonObject:
    return live(version="3", data={"a": "1"}, metadata={"managedFields": [*entries]})


@pytest.mark.parametrize(
    ("entry", "now", "state"),
    [
        (entry(), BACK, ObjectState.RESTORED_EXACT),
        (entry(), AFTER, ObjectState.NOT_RESTORED),
        (entry(), None, ObjectState.GONE_BY_OTHER),
        (entry(), {**BACK, "data": {"a": "1", "b": "2"}}, ObjectState.FOREIGN_ONLY),
        (entry(), {**BACK, "data": {"a": "3"}}, ObjectState.NOT_RESTORED),
        (entry(), {**BACK, "data": {}}, ObjectState.NOT_RESTORED),
        (entry(), live(uid="u2", data={"a": "1"}), ObjectState.GONE_BY_OTHER),
        (entry(), live(data={"a": "1"}, metadata={"deletionTimestamp": "now"}), ObjectState.GONE_BY_OTHER),
        (entry(), owned({"manager": "x", "fieldsV1": {}}), ObjectState.RESTORED_VALUES_ONLY),
        # nobody knows whether the write happened
        (entry(after=None), BEFORE, ObjectState.UNTOUCHED),
        (entry(after=None), BACK, ObjectState.RESTORED_VALUES_ONLY),
        (entry(after=None), AFTER, ObjectState.NOT_RESTORED),
        (entry(after=None), live(uid="u2", version="1", data={"a": "1"}), ObjectState.GONE_BY_OTHER),
        # deleted by the run to be created anew
        (anew(), live(uid="u3", data={"a": "1"}), ObjectState.RESTORED_NEW_IDENTITY),
        (anew(), live(uid="u2", data={"a": "2"}), ObjectState.NOT_RESTORED),
        (anew(), None, ObjectState.RECREATE_FAILED),
        (anew(), live(data={"a": "1"}, metadata={"deletionTimestamp": "now"}), ObjectState.RECREATE_FAILED),
        (entry(None, None), None, ObjectState.UNTOUCHED),
        (entry(None, None), AFTER, ObjectState.NOT_RESTORED),
        # created by the run
        (entry(None, created=True), None, ObjectState.DELETED_CREATED),
        (entry(None, created=True), AFTER, ObjectState.NOT_RESTORED),
        (entry(None, created=True), live(metadata={"deletionTimestamp": "now"}), ObjectState.STUCK_TERMINATING),
    ],
)
def test_an_object_is_called_what_the_comparison_supports(
    entry: Entry, now: JsonObject | None, state: ObjectState
) -> None:
    assert verify(entry, now).state is state


def test_bounded_evidence_is_never_exact() -> None:
    bounded = Entry(ref=a_ref(), before=BEFORE, after=AFTER, bounded=True)

    assert verify(bounded, BACK).state is ObjectState.RESTORED_VALUES_ONLY
    assert verify(bounded, AFTER).state is ObjectState.NOT_RESTORED


def test_an_object_that_was_being_deleted_before_may_still_be() -> None:
    terminating: JsonObject = {"deletionTimestamp": "then"}
    before = live(version="1", data={"a": "1"}, metadata=terminating)

    assert (
        verify(entry(before), live(version="3", data={"a": "1"}, metadata=terminating)).state
        is ObjectState.RESTORED_EXACT
    )


def test_what_holds_a_deletion_is_named() -> None:
    now = live(metadata={"deletionTimestamp": "now", "finalizers": ["x/y"]})

    assert "x/y" in verify(entry(None, created=True), now).note


def test_a_path_left_to_somebody_else_is_contested_and_no_failure() -> None:
    found = verify(entry(), {**BACK, "data": {"a": "3"}}, contested=("data.a",))

    assert (found.state, found.paths) == (ObjectState.CONTESTED, ("data.a",))


@pytest.mark.parametrize("contested", ["data.ab", "data[a.b]", "metadata", "data.a.b"])
def test_a_contested_path_excuses_no_other(contested: str) -> None:
    assert verify(entry(), {**BACK, "data": {"a": "3"}}, contested=(contested,)).state is ObjectState.NOT_RESTORED


def test_a_contested_key_with_dots_excuses_itself() -> None:
    states = [live(version=version, data={"app.properties": version}) for version in "123"]

    assert (
        verify(entry(states[0], states[1]), states[2], contested=("data[app.properties]",)).state
        is ObjectState.CONTESTED
    )


def test_another_order_of_containers_is_not_exact() -> None:
    a: JsonObject = {"name": "a"}
    b: JsonObject = {"name": "b"}
    before, after, now = (live(version="1", spec={"containers": [*items]}) for items in ([a, b], [a], [b, a]))

    assert verify(entry(before, after), now).state is ObjectState.NOT_RESTORED


MINE: JsonObject = {
    "manager": "m",
    "operation": "Update",
    "apiVersion": "v1",
    "time": "then",
    "fieldsV1": {"f:a": {}, "f:b": {}},
}


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"time": "now"}, True),
        ({"fieldsV1": {"f:b": {}, "f:a": {}}}, True),
        ({"manager": "n"}, False),
        ({"operation": "Apply"}, False),
        ({"apiVersion": "v2"}, False),
        ({"subresource": "scale"}, False),
        ({"fieldsV1": {"f:a": {}}}, False),
        ({"fieldsV1": {"f:a": {"f:b": {}}}}, False),
        ({"fieldsV1": {"f:a:{},f:b": {}}}, False),
    ],
)
def test_ownership_is_who_owns_what_and_not_since_when(change: JsonObject, alike: bool) -> None:
    assert (ownership(owned(MINE)) == ownership(owned({**MINE, **change}))) is alike


def test_ownership_of_the_status_does_not_count() -> None:
    assert ownership(owned({**MINE, "subresource": "status"})) == []


def test_an_object_that_could_not_be_read_is_named_and_nothing_else_is_said_of_it() -> None:
    (found,) = unread((entry(),), {})

    assert found.state is ObjectState.UNVERIFIABLE
    assert unread((entry(),), {a_ref(): None}) == ()


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([], Verdict.NOT_NEEDED),
        ([ObjectState.UNTOUCHED, ObjectState.RESTORED_EXACT, ObjectState.DELETED_CREATED], Verdict.VERIFIED_EXACT),
        ([ObjectState.RESTORED_EXACT, ObjectState.RESTORED_VALUES_ONLY], Verdict.VERIFIED_EQUIVALENT),
        ([ObjectState.RESTORED_EXACT, ObjectState.RESTORED_NEW_IDENTITY], Verdict.VERIFIED_EQUIVALENT),
        ([ObjectState.RESTORED_EXACT, ObjectState.FOREIGN_ONLY], Verdict.VERIFIED_EQUIVALENT),
        ([ObjectState.RESTORED_VALUES_ONLY, ObjectState.RETAINED_GUARDED], Verdict.VERIFIED_WITH_RETENTIONS),
        ([ObjectState.RETAINED_GUARDED, ObjectState.CONTESTED], Verdict.CONTESTED),
        ([ObjectState.RESTORED_EXACT, ObjectState.NOT_RESTORED], Verdict.PARTIAL),
        ([ObjectState.CONTESTED, ObjectState.GONE_BY_OTHER], Verdict.PARTIAL),
        ([ObjectState.RESTORED_EXACT, ObjectState.STUCK_TERMINATING], Verdict.PARTIAL),
        ([ObjectState.NOT_RESTORED, ObjectState.UNVERIFIABLE], Verdict.UNVERIFIABLE),
        ([ObjectState.NOT_RESTORED, ObjectState.FORBIDDEN], Verdict.FAILED),
        ([ObjectState.UNTOUCHED, ObjectState.QUOTA_BLOCKED], Verdict.FAILED),
        ([ObjectState.GONE_BY_OTHER, ObjectState.QUOTA_BLOCKED], Verdict.PARTIAL),
    ],
)
def test_the_worst_object_decides(states: list[ObjectState], verdict: Verdict) -> None:
    assert aggregate(map(finding, states)) is verdict


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_verdict(state: ObjectState) -> None:
    assert aggregate([finding(ObjectState.RESTORED_EXACT), finding(state)]) is finding(state).ceiling


@pytest.mark.parametrize(("one", "other"), list(itertools.product(STATES, STATES)))
def test_of_two_looks_the_worse_is_believed(one: ObjectState, other: ObjectState) -> None:
    order = list(Verdict)
    chosen = worse(finding(one), finding(other))

    assert order.index(chosen.ceiling) == max(order.index(finding(state).ceiling) for state in (one, other))
