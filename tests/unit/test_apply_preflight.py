"""Before the first write: refusals are values, a cluster that is gone or a stop ends the run."""

from __future__ import annotations

import pytest

from brokkr_core.apply import ApplyPolicy, apply_plan, preflight
from brokkr_core.errors import ClusterUnreachableError, StoppedError
from brokkr_core.model.outcome import Action
from brokkr_core.model.plan import Plan
from clock_support import ObedientClock
from engine_support import ScriptedCluster, Step, a_ref, client_over, down, live, ok, refusal, wanted

PATCH = "PATCH /api/v1/namespaces/shop/configmaps/one"
GET = "GET /api/v1/namespaces/shop/configmaps/one"
#: It wants a field, so that no look at what stands there is proof enough.
PLAN = Plan(manifests=(wanted(live(data={"a": "1"})),))


def forecast(scripts: dict[str, Step | list[Step]]) -> tuple[Action, bool, tuple[str, ...]]:
    (found,) = preflight(client_over(ScriptedCluster(scripts)), PLAN, ApplyPolicy()).values()
    return found.action, found.checked, found.changed


def test_an_absent_object_would_be_created() -> None:
    assert forecast({PATCH: ok(live(), 201)}) == (Action.CREATED, True, ())


def test_an_object_the_server_would_not_touch_is_unchanged() -> None:
    assert forecast({GET: ok(live()), PATCH: ok(live())}) == (Action.UNCHANGED, True, ())


def test_a_difference_at_the_same_version_is_a_change() -> None:
    assert forecast({GET: ok(live()), PATCH: ok(live(data={"a": "1"}))}) == (Action.CONFIGURED, True, ("data.a",))


def test_a_change_of_owners_alone_is_a_change_without_paths() -> None:
    assert forecast({GET: ok(live()), PATCH: ok(live(version="2"))}) == (Action.CONFIGURED, True, ())


def test_a_webhook_that_cannot_be_rehearsed_is_no_refusal() -> None:
    refused = refusal(400, "BadRequest", 'admission webhook "w" does not support dry run')

    assert forecast({PATCH: refused}) == (Action.CREATED, False, ())
    assert forecast({GET: ok(live()), PATCH: refused}) == (Action.CONFIGURED, False, ())


def test_a_refusal_keeps_every_object_unwritten() -> None:
    cluster = ScriptedCluster({PATCH: refusal(422, "Invalid", "no")})
    report = apply_plan(client_over(cluster), PLAN)

    assert [outcome.action for outcome in report.outcomes] == [Action.INVALID]
    assert not report.begun
    assert all("dryRun" in one.query for one in cluster.requests if one.method == "PATCH")


@pytest.mark.parametrize("scripts", [{GET: down(sent=True)}, {GET: ok(live()), PATCH: down(sent=False)}])
def test_a_cluster_that_goes_away_ends_the_run_before_it_began(scripts: dict[str, Step]) -> None:
    begun: list[str] = []
    with pytest.raises(ClusterUnreachableError):
        apply_plan(client_over(ScriptedCluster(scripts)), PLAN, before_writing=lambda: begun.append("yes"))

    assert begun == []


def test_a_stop_ends_the_run_before_it_began() -> None:
    with pytest.raises(StoppedError):
        apply_plan(client_over(ScriptedCluster()), PLAN, stop=lambda: True)


def test_a_stop_also_ends_the_wait_for_another_try() -> None:
    clock = ObedientClock(stop_after=1)
    with pytest.raises(StoppedError):
        apply_plan(client_over(ScriptedCluster({GET: refusal(503, "ServiceUnavailable", "later")}), clock=clock), PLAN)

    assert clock.naps == [1.0]


def test_what_lives_in_a_coming_namespace_is_not_asked_about() -> None:
    namespace = live("Namespace", "shop", namespace="")
    cluster = ScriptedCluster({"PATCH /api/v1/namespaces/shop": ok(namespace, 201)})
    found = preflight(client_over(cluster), Plan(manifests=(wanted(live()), wanted(namespace))), ApplyPolicy())

    assert not found[a_ref()].checked
    assert cluster.asked("PATCH") == ["PATCH /api/v1/namespaces/shop"]
