"""Looking at what was written: what cannot be read is no verdict, and old news are none either."""

from __future__ import annotations

import pytest

from brokkr_core.apply.identity import resource_version
from brokkr_core.apply.readiness import State
from brokkr_core.apply.waiting.judge import Judge, Waiting, see
from brokkr_core.apply.waiting.roll import survey
from brokkr_core.apply.waiting.sight import Sight
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ref_of
from engine_support import ScriptedCluster, Step, client_over, down, listed, live, ok, refusal

GADGETS = "/apis/example.com/v1/namespaces/shop/gadgets"
STALLED: JsonObject = {"conditions": [{"type": "Stalled", "status": "True", "reason": "Broken"}]}
DEFINITION: JsonObject = {
    "group": "example.com",
    "names": {"kind": "Widget", "plural": "widgets"},
    "versions": [{"name": "v1", "served": True}],
}
ESTABLISHED: JsonObject = {
    "conditions": [{"type": "Established", "status": "True"}, {"type": "NamesAccepted", "status": "True"}]
}


def gadget(name: str = "one", **members: object) -> JsonObject:
    return live("Gadget", name, api_version="example.com/v1", **members)  # type: ignore[arg-type]


def waiting(body: JsonObject, *, action: Action = Action.CONFIGURED, echo_until: float = 0.0) -> Waiting:
    outcome = Outcome(ref=ref_of(body), action=action, uid="u1")
    return Waiting(outcome=outcome, body=body, written=resource_version(body), deadline=0.0, echo_until=echo_until)


def judged(*bodies: JsonObject, scripts: dict[str, Step] | None = None) -> list[tuple[State, str]]:
    """Look at objects of one collection once, and judge what was seen."""
    client = client_over(ScriptedCluster(scripts))
    sights = survey(client, [ref_of(body) for body in bodies])
    found = [Judge(client).judge(ref_of(body), see(waiting(body), sights[ref_of(body)]), now=1.0) for body in bodies]
    return [(readiness.state, readiness.reason) for readiness in found]


def answered(
    body: JsonObject,
    scripts: dict[str, Step] | None = None,
    *,
    action: Action = Action.CONFIGURED,
    echo_until: float = 2.0,
) -> tuple[State, str]:
    """Judge an object by the answer to its own write."""
    one = waiting(body, action=action, echo_until=echo_until)
    found = Judge(client_over(ScriptedCluster(scripts))).judge(ref_of(body), one, now=1.0)
    return found.state, found.reason


def test_one_object_is_read_by_itself_and_several_by_one_list() -> None:
    scripts: dict[str, Step] = {
        f"GET {GADGETS}": listed(gadget("a"), gadget("b"), gadget("of-others")),
        "GET /api/v1/namespaces/shop/configmaps/one": ok(live()),
    }

    assert judged(gadget("a"), gadget("b"), scripts=scripts) == [(State.READY, "")] * 2
    assert judged(live(), scripts=scripts) == [(State.READY, "")]


def test_an_object_that_is_gone_has_failed() -> None:
    assert judged(gadget()) == [(State.FAILED, "Gone")]


def test_an_object_that_was_replaced_has_failed() -> None:
    assert judged(gadget(), scripts={f"GET {GADGETS}/one": ok(gadget(uid="u2"))}) == [(State.FAILED, "Replaced")]


@pytest.mark.parametrize(
    "trouble",
    [down(sent=True), refusal(403, "Forbidden", "no"), refusal(500, "InternalError", "oops")],
    ids=["line", "no", "fault"],
)
def test_what_cannot_be_read_is_still_in_progress(trouble: Step) -> None:
    assert judged(gadget(), scripts={f"GET {GADGETS}/one": trouble}) == [(State.IN_PROGRESS, "NotRead")]


def test_trouble_with_a_collection_is_trouble_with_each_of_its_objects() -> None:
    scripts: dict[str, Step] = {f"GET {GADGETS}": refusal(403, "Forbidden", "no")}

    assert judged(gadget("a"), gadget("b"), scripts=scripts) == [(State.IN_PROGRESS, "NotRead")] * 2


def test_nothing_to_look_at_asks_nothing() -> None:
    cluster = ScriptedCluster()

    assert survey(client_over(cluster), []) == {}
    assert cluster.requests == []


def test_a_kind_that_is_not_served_any_more_is_no_verdict_and_no_crash() -> None:
    assert judged(live("Widget", api_version="example.com/v1")) == [(State.IN_PROGRESS, "NotRead")]


def test_the_answer_to_a_write_is_judged_without_asking_again() -> None:
    assert answered(live()) == (State.READY, "")


def test_a_failure_in_the_answer_to_a_change_is_of_the_time_before() -> None:
    assert answered(gadget(status=STALLED)) == (State.IN_PROGRESS, "Broken")


def test_a_failure_that_stays_after_a_moment_is_believed() -> None:
    assert answered(gadget(status=STALLED), echo_until=1.0) == (State.FAILED, "Broken")


def test_a_failure_that_somebody_wrote_after_us_is_believed_at_once() -> None:
    one = see(waiting(gadget(version="5"), echo_until=2.0), Sight(body=gadget(version="6", status=STALLED)))

    assert Judge(client_over(ScriptedCluster())).judge(one.outcome.ref, one, now=1.0).state is State.FAILED


def test_the_same_state_seen_again_is_still_the_answer_to_our_write() -> None:
    body = gadget(version="5", status=STALLED)
    one = see(waiting(body, echo_until=2.0), Sight(body=body))

    assert Judge(client_over(ScriptedCluster())).judge(one.outcome.ref, one, now=1.0).state is State.IN_PROGRESS


@pytest.mark.parametrize("action", [Action.CREATED, Action.UNCHANGED])
def test_a_failure_that_no_change_can_explain_is_believed_at_once(action: Action) -> None:
    assert answered(gadget(status=STALLED), action=action) == (State.FAILED, "Broken")


OLD_NEWS = [
    ("an earlier version", Sight(body=gadget(version="9"))),
    ("an earlier generation", Sight(body=gadget(version="x", metadata={"generation": 1}))),
    ("the end of an object that stood there before", Sight(body=gadget(version="9", uid="u0"), gone=True)),
]


@pytest.mark.parametrize("sight", [row[1] for row in OLD_NEWS], ids=[row[0] for row in OLD_NEWS])
def test_old_news_change_nothing(sight: Sight) -> None:
    known = waiting(gadget(version="10", metadata={"generation": 2}))

    assert see(known, sight) == known


def test_a_job_that_went_by_itself_is_ready() -> None:
    job = live("Job", api_version="batch/v1", spec={"ttlSecondsAfterFinished": 0})
    one = see(waiting(job), Sight(gone=True))
    found = Judge(client_over(ScriptedCluster())).judge(ref_of(job), one, now=1.0)

    assert (found.state, found.reason) == (State.READY, "Expired")


def test_an_established_kind_is_not_ready_until_discovery_shows_it() -> None:
    body = live(
        "CustomResourceDefinition",
        api_version="apiextensions.k8s.io/v1",
        namespace="",
        spec=DEFINITION,
        status=ESTABLISHED,
    )

    assert answered(body) == (State.IN_PROGRESS, "NotDiscovered")


def test_discovery_that_does_not_answer_is_no_crash() -> None:
    body = live(
        "CustomResourceDefinition",
        api_version="apiextensions.k8s.io/v1",
        namespace="",
        spec=DEFINITION,
        status=ESTABLISHED,
    )

    assert answered(body, {"GET /api": down(sent=True)}) == (State.IN_PROGRESS, "NotRead")
