"""A rollback from start to verdict: two looks, a bounded wait, and nothing claimed that was not read."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback import Entry, ObjectState, Timing, Undone, UndoPolicy, Verdict, undo
from clock_support import ObedientClock
from engine_support import ScriptedCluster, Step, client_over, discovery, down, live, ok, refusal

PATH = "/api/v1/namespaces/shop/configmaps/one"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
ABSENT = refusal(404, "NotFound", "gone")

BEFORE = live(version="1", data={"a": "1"})
AFTER = live(version="2", data={"a": "2"})
BACK = live(version="3", data={"a": "1"})
CHANGED = Entry(ref=ref_of(BEFORE), before=BEFORE, after=AFTER)
CREATED = Entry(ref=ref_of(BEFORE), before=None, after=AFTER, created=True)

RULES = UndoPolicy(settle_timeout_seconds=5.0, stability_seconds=10.0, poll_seconds=1.0)


def undone(
    scripts: dict[str, Step | list[Step]], *entries: Entry, policy: UndoPolicy = RULES
) -> tuple[Undone, list[float]]:
    clock, naps = ObedientClock(), ObedientClock()

    def sleep(seconds: float) -> None:
        naps.sleep(seconds)
        clock.seconds += seconds

    found = undo(client_over(ScriptedCluster(scripts)), entries, policy=policy, sleep=sleep, clock=clock)
    return found, naps.naps


def looks(*bodies: JsonObject | None) -> dict[str, Step | list[Step]]:
    """What reads give one after the other; writes always work."""
    reads: list[Step] = [ok(body) if body is not None else ABSENT for body in bodies]
    return {f"GET {PATH}": reads, f"PUT {PATH}": ok(BACK), f"DELETE {PATH}": ok({})}


def test_nothing_recorded_is_nothing_to_do_and_no_wait() -> None:
    assert undone({}) == (Undone(verdict=Verdict.NOT_NEEDED), [])


def test_the_comparison_must_hold_at_both_ends_of_the_window() -> None:
    found, naps = undone(looks(AFTER, BACK, BACK), CHANGED)

    assert found.verdict is Verdict.VERIFIED_EXACT
    assert naps == [10.0]


@pytest.mark.parametrize("seen", [(AFTER, BACK), (BACK, AFTER)], ids=["late", "early"])
def test_one_bad_look_of_the_two_decides(seen: tuple[JsonObject, JsonObject]) -> None:
    found, _ = undone(looks(AFTER, *seen), CHANGED)

    assert found.verdict is Verdict.FAILED
    assert [finding.state for finding in found.findings] == [ObjectState.NOT_RESTORED]


def test_without_a_window_one_look_is_enough() -> None:
    policy = UndoPolicy(settle_timeout_seconds=5.0, stability_seconds=0.0, poll_seconds=1.0)

    assert undone(looks(AFTER, BACK, AFTER), CHANGED, policy=policy)[0].verdict is Verdict.VERIFIED_EXACT


def test_a_deletion_under_way_is_waited_for() -> None:
    leaving = live(metadata={"deletionTimestamp": "now"})
    found, naps = undone(looks(AFTER, leaving, leaving, None), CREATED)

    assert found.verdict is Verdict.VERIFIED_EXACT
    assert naps == [1.0, 1.0, 10.0]


def test_a_deletion_that_hangs_is_waited_for_only_so_long_and_named() -> None:
    leaving = live(metadata={"deletionTimestamp": "now", "finalizers": ["x/y"]})
    found, naps = undone(looks(AFTER, leaving), CREATED)

    assert found.verdict is Verdict.PARTIAL
    assert "x/y" in str(found.findings[0])
    assert naps == [1.0] * 5 + [10.0]


def test_values_that_are_not_back_do_not_get_better_by_waiting() -> None:
    _, naps = undone(looks(AFTER), CHANGED)

    assert naps == [10.0]


def test_what_cannot_be_read_again_is_not_called_anything_else() -> None:
    found, _ = undone({f"GET {PATH}": [ok(AFTER), down(sent=True)], f"PUT {PATH}": ok(BACK)}, CHANGED)

    assert found.verdict is Verdict.UNVERIFIABLE


def test_a_restore_that_was_refused_says_why() -> None:
    found, _ = undone({f"GET {PATH}": ok(AFTER), f"PUT {PATH}": refusal(403, "Forbidden", "a policy says no")}, CHANGED)

    assert found.verdict is Verdict.FAILED
    assert "a policy says no" in found.findings[0].note


def test_a_creation_nobody_knows_about_is_not_called_kept_on_purpose() -> None:
    found, naps = undone(looks(AFTER), Entry(ref=ref_of(BEFORE), before=None))

    assert found.verdict is Verdict.FAILED
    assert naps == [10.0]
    assert "nobody knows" in found.findings[0].note


def deployment(version: str, *, ready: int, label: Json = None) -> JsonObject:
    status: JsonObject = {
        "observedGeneration": 1,
        "replicas": 1,
        "updatedReplicas": 1,
        "availableReplicas": ready,
        "readyReplicas": ready,
        "conditions": [{"type": "Available", "status": "True" if ready else "False"}],
    }
    labels: JsonObject = {"labels": {"theirs": label}} if label else {}
    return live(
        "Deployment",
        "web",
        api_version="apps/v1",
        version=version,
        metadata={"generation": 1, **labels},
        spec={"image": version},
        status=status,
    )


def web(*, version: str, ready: int, label: Json = None) -> JsonObject:
    return {**deployment(version, ready=ready, label=label), "spec": {"image": "good"}}


BROKEN: JsonObject = {**deployment("2", ready=0), "spec": {"image": "bad"}}


@pytest.mark.parametrize("label", [None, "yes"], ids=["exact", "foreign"])
def test_values_alone_are_not_enough_for_a_workload_that_was_ready(label: str | None) -> None:
    entry = Entry(ref=ref_of(BROKEN), before=web(version="1", ready=1), after=BROKEN)
    unready = ok(web(version="3", ready=0, label=label))
    put: dict[str, Step | list[Step]] = {f"PUT {WEB}": ok(web(version="3", ready=0))}
    never: dict[str, Step | list[Step]] = {**put, f"GET {WEB}": [ok(BROKEN), unready]}
    soon: dict[str, Step | list[Step]] = {
        **put,
        f"GET {WEB}": [ok(BROKEN), unready, ok(web(version="4", ready=1, label=label))],
    }

    assert undone(never, entry)[0].verdict is Verdict.PARTIAL
    assert "not as healthy" in undone(never, entry)[0].findings[0].note
    assert undone(soon, entry)[0].verdict is (Verdict.VERIFIED_EQUIVALENT if label else Verdict.VERIFIED_EXACT)


def test_a_workload_that_was_broken_before_may_be_broken_again() -> None:
    entry = Entry(ref=ref_of(BROKEN), before=web(version="1", ready=0), after=BROKEN)
    scripts: dict[str, Step | list[Step]] = {
        f"PUT {WEB}": ok(web(version="3", ready=0)),
        f"GET {WEB}": [ok(BROKEN), ok(web(version="3", ready=0))],
    }

    assert undone(scripts, entry)[0].verdict is Verdict.VERIFIED_EXACT


def test_a_rollback_says_how_long_its_parts_took_and_whether_the_window_held() -> None:
    leaving = live(metadata={"deletionTimestamp": "now"})
    found, _ = undone(looks(AFTER, leaving, leaving, None), CREATED)
    early, _ = undone(looks(AFTER, BACK, AFTER), CHANGED)

    assert found.timing == Timing(restoring_seconds=0.0, settling_seconds=2.0, window_seconds=10.0)
    assert (found.steady, early.steady) == (True, False)
    assert (found.bodies, early.bodies) == ({CREATED.ref: None}, {CHANGED.ref: AFTER})


def test_a_line_that_is_down_for_a_while_does_not_end_a_rollback() -> None:
    fallen: list[Step] = [down(sent=True), down(sent=True), down(sent=True), ok(BACK)]
    found, _ = undone({**looks(AFTER, AFTER, AFTER, BACK), f"PUT {PATH}": fallen}, CHANGED)

    assert found.verdict is Verdict.VERIFIED_EXACT


JOB = live("Job", "once", api_version="batch/v1", spec={"ttlSecondsAfterFinished": 0, "suspend": False})
JOBS = "/apis/batch/v1/namespaces/shop/jobs/once"


def test_a_job_that_its_time_to_live_takes_away_is_no_failure() -> None:
    suspended: JsonObject = {**JOB, "metadata": {**as_object(JOB["metadata"]), "resourceVersion": "2"}}
    suspended["spec"] = {"ttlSecondsAfterFinished": 0, "suspend": True}
    entry = Entry(ref=ref_of(JOB), before=JOB, after=suspended)
    back: JsonObject = {**JOB, "metadata": suspended["metadata"]}
    scripts: dict[str, Step | list[Step]] = {
        "GET /apis": discovery(core=False, kinds=(("batch", "v1", "Job", "jobs", True),)),
        f"GET {JOBS}": [ok(suspended), ok(back), ABSENT],
        f"PUT {JOBS}": ok(back),
    }
    found, _ = undone(scripts, entry)

    assert found.verdict is Verdict.PARTIAL
    assert found.findings[0].state is ObjectState.GONE_BY_OTHER
    assert "time to live" in found.findings[0].note


def test_without_the_inventory_of_before_nothing_is_verified() -> None:
    exact = Undone(verdict=Verdict.VERIFIED_EXACT)

    assert exact.with_inventory(True).verdict is Verdict.VERIFIED_EXACT
    assert exact.with_inventory(False).verdict is Verdict.PARTIAL
    assert Undone(verdict=Verdict.FAILED).with_inventory(False).verdict is Verdict.FAILED
