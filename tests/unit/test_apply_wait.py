"""Looking at what was written: what cannot be read is no verdict, and old news are none either."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import State
from brokkr_core.apply.wait import Waiting, look
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


def judged(
    *bodies: JsonObject, scripts: dict[str, Step] | None = None, fresh: bool = False, action: Action = Action.CONFIGURED
) -> list[tuple[State, str]]:
    waiting = {
        ref_of(body): Waiting(
            outcome=Outcome(ref=ref_of(body), action=action, uid="u1"), body=body, deadline=0.0, fresh=fresh
        )
        for body in bodies
    }
    found = look(client_over(ScriptedCluster(scripts)), waiting)
    assert list(found) == list(waiting)
    assert not any(one.fresh for one, _ in found.values())
    return [(readiness.state, readiness.reason) for _, readiness in found.values()]


def test_one_object_is_read_by_itself_and_several_by_one_list() -> None:
    scripts: dict[str, Step] = {
        f"GET {GADGETS}": listed(gadget("a"), gadget("b"), gadget("of-others")),
        "GET /api/v1/namespaces/shop/configmaps/one": ok(live()),
    }

    assert judged(gadget("a"), gadget("b"), live(), scripts=scripts) == [(State.READY, "")] * 3


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


def test_trouble_with_one_collection_says_nothing_about_another() -> None:
    scripts: dict[str, Step] = {
        f"GET {GADGETS}": refusal(403, "Forbidden", "no"),
        "GET /api/v1/namespaces/shop/configmaps/one": ok(live()),
    }

    assert judged(gadget("a"), gadget("b"), live(), scripts=scripts) == [
        (State.IN_PROGRESS, "NotRead"),
        (State.IN_PROGRESS, "NotRead"),
        (State.READY, ""),
    ]


def test_a_kind_that_is_not_served_any_more_is_no_verdict_and_no_crash() -> None:
    assert judged(live("Widget", api_version="example.com/v1")) == [(State.IN_PROGRESS, "NotRead")]


def test_the_answer_to_a_write_is_judged_without_asking_again() -> None:
    assert judged(live(), fresh=True) == [(State.READY, "")]


def test_a_failure_in_the_answer_to_a_change_is_of_the_time_before() -> None:
    assert judged(gadget(status=STALLED), fresh=True) == [(State.IN_PROGRESS, "Broken")]


@pytest.mark.parametrize("action", [Action.CREATED, Action.UNCHANGED])
def test_a_failure_that_no_change_can_explain_is_believed_at_once(action: Action) -> None:
    assert judged(gadget(status=STALLED), fresh=True, action=action) == [(State.FAILED, "Broken")]


def test_an_established_kind_is_not_ready_until_discovery_shows_it() -> None:
    body = live(
        "CustomResourceDefinition",
        api_version="apiextensions.k8s.io/v1",
        namespace="",
        spec=DEFINITION,
        status=ESTABLISHED,
    )

    assert judged(body, fresh=True) == [(State.IN_PROGRESS, "NotDiscovered")]


def test_discovery_that_does_not_answer_is_no_crash() -> None:
    body = live(
        "CustomResourceDefinition",
        api_version="apiextensions.k8s.io/v1",
        namespace="",
        spec=DEFINITION,
        status=ESTABLISHED,
    )

    assert judged(body, fresh=True, scripts={"GET /api": down(sent=True)}) == [(State.IN_PROGRESS, "NotRead")]
