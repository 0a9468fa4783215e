"""A write lands only on what was recorded, and a lost answer is never taken for nothing."""

from __future__ import annotations

import json

import pytest

from brokkr_core.apply import ApplyPolicy
from brokkr_core.apply.write import Written, write
from brokkr_core.errors import ClusterUnreachableError, StaleWriteError
from brokkr_core.model.json import Json, JsonObject, dig
from brokkr_core.model.wire import MANAGER
from brokkr_core.rollback import Entry, MemoryJournal
from engine_support import ScriptedCluster, Step, client_over, down, live, ok, refusal, wanted

PATCH = "PATCH /api/v1/namespaces/shop/configmaps/one"
GET = "GET /api/v1/namespaces/shop/configmaps/one"
MOVED = refusal(409, "Conflict", "the object has been modified")
BORN = "2026-01-01T00:00:00Z"
OURS: Json = [{"manager": MANAGER, "operation": "Apply", "time": BORN, "fieldsV1": {}}]
THEIRS: Json = [{"manager": "kubectl", "operation": "Update", "fieldsV1": {}}]


def written(
    patch: Step | list[Step], *, start: JsonObject | None, get: Step | list[Step] | None = None
) -> tuple[Written, Entry, ScriptedCluster]:
    cluster = ScriptedCluster({PATCH: patch, **({GET: get} if get is not None else {})})
    journal = MemoryJournal()
    done = write(client_over(cluster), wanted(live()), live=start, policy=ApplyPolicy(), recorder=journal)
    return done, journal.entries()[0], cluster


def sent(cluster: ScriptedCluster) -> list[JsonObject]:
    return [json.loads(one.body) for one in cluster.requests if one.method == "PATCH"]


def locks(cluster: ScriptedCluster) -> list[tuple[Json, Json]]:
    return [(dig(body, "metadata", "uid"), dig(body, "metadata", "resourceVersion")) for body in sent(cluster)]


def test_a_creation_carries_no_lock_and_is_recorded_as_one() -> None:
    done, entry, cluster = written(ok(live(), 201), start=None)

    assert locks(cluster) == [(None, None)]
    assert done.changed
    assert (entry.before, entry.created) == (None, True)


def test_a_change_carries_uid_and_version_of_what_was_recorded() -> None:
    done, entry, cluster = written(ok(live(version="2")), start=live(version="1"))

    assert locks(cluster) == [("u1", "1")]
    assert done.changed
    assert (entry.before, entry.after, entry.created) == (live(version="1"), live(version="2"), False)


def test_a_write_that_stored_nothing_is_no_change() -> None:
    done, _, _ = written(ok(live(version="1")), start=live(version="1"))

    assert not done.changed


def test_an_object_that_moved_is_read_and_recorded_again() -> None:
    done, entry, cluster = written([MOVED, ok(live(version="8"))], start=live(version="1"), get=ok(live(version="7")))

    assert locks(cluster) == [("u1", "1"), ("u1", "7")]
    assert done.before == entry.before == live(version="7")


def test_an_object_that_was_deleted_meanwhile_is_created() -> None:
    done, entry, cluster = written([MOVED, ok(live(uid="u2"), 201)], start=live())

    assert locks(cluster) == [("u1", "1"), (None, None)]
    assert (done.before, entry.before, entry.created) == (None, None, True)


def test_an_object_that_never_holds_still_is_locked_by_uid_alone_in_the_end() -> None:
    _, _, cluster = written([*[MOVED] * 5, ok(live(version="9"))], start=live(), get=ok(live(version="5")))

    assert locks(cluster)[-1] == ("u1", None)
    assert len(locks(cluster)) == 6


def test_an_object_that_moves_even_then_is_given_up() -> None:
    with pytest.raises(StaleWriteError):
        written(MOVED, start=live(), get=ok(live()))


@pytest.mark.parametrize(
    "lost", [down(sent=True), refusal(503, "ServiceUnavailable", "later"), refusal(504, "Timeout", "later")]
)
def test_after_a_lost_answer_the_first_record_is_the_one_to_go_back_to(lost: Step) -> None:
    _, entry, _ = written([lost, MOVED, ok(live(version="9"))], start=live(version="1"), get=ok(live(version="8")))

    assert entry.before == live(version="1")


@pytest.mark.parametrize("harmless", [down(sent=False), refusal(429, "TooManyRequests", "later")])
def test_a_try_that_certainly_did_nothing_leaves_no_doubt(harmless: Step) -> None:
    _, entry, _ = written([harmless, MOVED, ok(live(version="9"))], start=live(version="1"), get=ok(live(version="8")))

    assert entry.before == live(version="8")


@pytest.mark.parametrize(
    ("answers", "bounded"),
    [
        ([ok(live(version="2"))], False),
        ([down(sent=True), ok(live(version="2"))], False),
        ([MOVED, ok(live(version="2"))], False),
        ([MOVED, down(sent=True), ok(live(version="2"))], False),
        ([down(sent=False), MOVED, ok(live(version="2"))], False),
        ([down(sent=True), MOVED, ok(live(version="2"))], True),
        ([*[MOVED] * 5, ok(live(version="2"))], True),
    ],
    ids=["at once", "lock held", "moved", "moved, lock held", "never sent, moved", "lost, moved", "uid alone"],
)
def test_evidence_is_bounded_only_where_somebody_else_may_have_written_in_between(
    answers: list[Step], bounded: bool
) -> None:
    _, entry, _ = written(answers, start=live(version="1"), get=ok(live(version="1")))

    assert entry.bounded is bounded


@pytest.mark.parametrize(("owners", "created"), [(OURS, True), (THEIRS, False), ([], False)])
def test_a_creation_whose_answer_was_lost_is_ours_only_if_nobody_else_ever_wrote(owners: Json, created: bool) -> None:
    found = live(metadata={"managedFields": owners, "creationTimestamp": BORN})
    _, entry, _ = written([down(sent=True), ok(found, 200)], start=None)

    assert entry.created is created


def test_a_write_nobody_knows_about_is_recorded_without_an_end() -> None:
    cluster = ScriptedCluster({PATCH: down(sent=True)})
    journal = MemoryJournal()
    with pytest.raises(ClusterUnreachableError) as caught:
        write(client_over(cluster), wanted(live()), live=live(), policy=ApplyPolicy(), recorder=journal)

    assert caught.value.sent
    assert [(entry.before, entry.after) for entry in journal.entries()] == [(live(), None)]
