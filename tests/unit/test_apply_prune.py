"""Deleting: exactly the object that was ours, and nothing said of a Secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event

import pytest
from attrs import evolve

from brokkr_core.apply import Entry, PrunePolicy, Pruner, StackKey, survey
from brokkr_core.apply.prune.delete import TRIES
from brokkr_core.errors import StoppedError
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.wire import OWNER, STACK
from engine_support import ScriptedCluster, Step, a_ref, client_over, discovery, down, live, ok, refusal

KEY = StackKey(stack_id="stack", owner_id="owner")
PATH = "/api/v1/namespaces/shop/configmaps/one"
SECRET_PATH = "/api/v1/namespaces/shop/secrets/one"
QUICK = PrunePolicy(gone_timeout_seconds=0.001, poll_seconds=0.001)
ABSENT = refusal(404, "NotFound", "gone")


def ours(kind: str = "ConfigMap", **metadata: object) -> JsonObject:
    return live(kind, metadata={"annotations": {STACK: "stack", OWNER: "owner"}, **metadata})  # type: ignore[dict-item]


def pruned(
    scripts: dict[str, Step | list[Step]], *, kind: str = "ConfigMap", stop: Callable[[], bool] = lambda: False
) -> tuple[Outcome, ScriptedCluster]:
    cluster = ScriptedCluster(scripts)
    client = client_over(cluster)
    found = survey(client, KEY, [Entry(ref=a_ref(kind=kind), uid="u1")], policy=QUICK)
    (outcome,) = Pruner(client, KEY, policy=QUICK, stop=stop).run(found)
    return outcome, cluster


def test_an_object_is_deleted_by_its_uid_and_waited_for() -> None:
    outcome, cluster = pruned({f"GET {PATH}": [ok(ours()), ok(ours()), ABSENT], f"DELETE {PATH}": ok({})})
    (deletion,) = (one for one in cluster.requests if one.method == "DELETE")

    assert (outcome.action, outcome.uid) == (Action.PRUNED, "u1")
    assert dig(json.loads(deletion.body), "preconditions") == {"uid": "u1", "resourceVersion": "1"}
    assert dig(json.loads(deletion.body), "propagationPolicy") == "Background"


def test_a_namesake_that_stands_there_afterwards_is_not_waited_for() -> None:
    outcome, _ = pruned({f"GET {PATH}": [ok(ours()), ok(ours(uid="u2"))], f"DELETE {PATH}": ok({})})

    assert (outcome.action, outcome.uid) == (Action.PRUNED, "u1")


def test_an_object_that_is_gone_already_is_pruned() -> None:
    outcome, cluster = pruned({})

    assert (outcome.action, outcome.code) == (Action.PRUNED, "Gone")
    assert cluster.asked("DELETE") == []


def test_an_object_of_a_kind_that_is_gone_is_pruned() -> None:
    assert pruned({}, kind="Widget")[0].action is Action.PRUNED


@pytest.mark.parametrize(("kind", "path"), [("ConfigMap", PATH), ("Secret", SECRET_PATH)])
def test_the_values_of_a_config_map_or_a_secret_are_not_read(kind: str, path: str) -> None:
    _, cluster = pruned({f"GET {path}": [ok(ours(kind)), ABSENT], f"DELETE {path}": ok({})}, kind=kind)
    reads = [one for one in cluster.requests if one.path == path and one.method == "GET"]

    assert len(reads) == 2
    assert all("PartialObjectMetadata" in one.headers["accept"] for one in reads)


def test_an_object_replaced_at_the_last_moment_is_left_alone() -> None:
    reads: list[Step] = [ok(ours()), ok(ours(uid="u2"))]
    outcome, _ = pruned({f"GET {PATH}": reads, f"DELETE {PATH}": refusal(409, "Conflict", "uid mismatch")})

    assert (outcome.action, outcome.code) == (Action.SKIPPED, "Replaced")


def test_an_object_written_to_at_the_last_moment_is_decided_about_again() -> None:
    reads: list[Step] = [ok(ours()), ok(ours(resourceVersion="2")), ABSENT]
    deletions: list[Step] = [refusal(409, "Conflict", "version mismatch"), ok({})]
    outcome, cluster = pruned({f"GET {PATH}": reads, f"DELETE {PATH}": deletions})
    last = [one for one in cluster.requests if one.method == "DELETE"][-1]

    assert outcome.action is Action.PRUNED
    assert dig(json.loads(last.body), "preconditions", "resourceVersion") == "2"


def test_an_object_that_never_holds_still_is_reported_and_left() -> None:
    outcome, cluster = pruned({f"GET {PATH}": ok(ours()), f"DELETE {PATH}": refusal(409, "Conflict", "moved")})

    assert (outcome.action, outcome.code) == (Action.FAILED, "Contested")
    assert len(cluster.asked("DELETE")) == TRIES


def test_an_object_that_is_being_deleted_already_is_waited_for() -> None:
    going = ok(ours(deletionTimestamp="2026-01-01T00:00:00Z"))
    outcome, cluster = pruned({f"GET {PATH}": [going, going, ABSENT]})

    assert outcome.action is Action.PRUNED
    assert cluster.asked("DELETE") == []


def test_finalizers_that_hold_it_are_named() -> None:
    outcome, _ = pruned({f"GET {PATH}": ok(ours(finalizers=["x/y"])), f"DELETE {PATH}": ok({})})

    assert (outcome.action, outcome.code) == (Action.TIMED_OUT, "Terminating")
    assert "x/y" in outcome.message


def test_a_refused_deletion_says_why() -> None:
    outcome, _ = pruned({f"GET {PATH}": ok(ours()), f"DELETE {PATH}": refusal(403, "Forbidden", "not you")})

    assert (outcome.action, outcome.code) == (Action.FAILED, "Forbidden")
    assert "not you" in outcome.message


def test_a_refused_deletion_of_a_secret_does_not_repeat_the_servers_words() -> None:
    refused = refusal(403, "Forbidden", "hunter2 is still needed")
    outcome, _ = pruned({f"GET {SECRET_PATH}": ok(ours("Secret")), f"DELETE {SECRET_PATH}": refused}, kind="Secret")

    assert outcome.action is Action.FAILED
    assert "hunter2" not in str(outcome)


def test_a_line_that_is_down_is_told_apart_from_a_refusal() -> None:
    outcome, _ = pruned({f"GET {PATH}": down(sent=False)})

    assert (outcome.action, outcome.code) == (Action.FAILED, "Unreachable")


def test_after_a_stop_nothing_is_deleted() -> None:
    outcome, cluster = pruned({f"GET {PATH}": ok(ours())}, stop=lambda: True)

    assert (outcome.action, outcome.code) == (Action.BLOCKED, "Stopped")
    assert cluster.asked("DELETE") == []


def test_a_stop_ends_the_wait_for_a_deletion() -> None:
    stopped = Event()

    def deleted(_request: Request) -> Response:
        stopped.set()
        return ok({})

    outcome, _ = pruned({f"GET {PATH}": ok(ours()), f"DELETE {PATH}": deleted}, stop=stopped.is_set)

    assert (outcome.action, outcome.code) == (Action.NOT_OBSERVED, "Stopped")


def test_a_stop_ends_the_look_at_what_left() -> None:
    with pytest.raises(StoppedError):
        survey(client_over(ScriptedCluster()), KEY, [Entry(ref=a_ref())], stop=lambda: True)


INGRESSES = (
    ("extensions", "v1", "Ingress", "ingresses", True),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", True),
)
OLD, NEW = (f"/apis/{group}/v1/namespaces/shop/ingresses/one" for group in ("extensions", "networking.k8s.io"))


@pytest.mark.parametrize(("uid", "code"), [("u1", "SameObject"), ("u2", "")])
def test_an_object_that_the_revision_has_under_another_group_stays(uid: str, code: str) -> None:
    scripts: dict[str, Step | list[Step]] = {
        "GET /apis": discovery(core=False, kinds=INGRESSES),
        f"GET {OLD}": ok(ours("Ingress")),
        f"GET {NEW}": ok(ours("Ingress", uid=uid)),
    }
    entry = Entry(ref=a_ref(kind="Ingress", group="extensions"), uid="u1")
    desired = [a_ref(kind="Ingress", group="networking.k8s.io"), a_ref(kind="Ingress", group="not.served.yet")]
    (found,) = survey(client_over(ScriptedCluster(scripts)), KEY, [entry], desired=desired)

    assert (found.settled.code if found.settled else "") == code


def test_what_this_run_applied_is_not_deleted_whatever_it_is_called() -> None:
    cluster = ScriptedCluster({f"GET {PATH}": ok(ours())})
    client = client_over(cluster)
    found = survey(client, KEY, [Entry(ref=a_ref(), uid="u1")])
    (outcome,) = Pruner(client, KEY, applied=["u1"]).run(found)

    assert (outcome.action, outcome.code) == (Action.SKIPPED, "SameObject")
    assert cluster.asked("DELETE") == []


@pytest.mark.parametrize(("backend", "action"), [("metrics", Action.FAILED), ("", Action.PRUNED)])
def test_a_kind_whose_server_is_away_is_not_taken_to_be_gone(backend: str, action: Action) -> None:
    services = (("apiregistration.k8s.io", "v1", "APIService", "apiservices", False),)
    service = live("APIService", "v1.away.example.com", spec={"service": {"name": backend} if backend else None})
    scripts: dict[str, Step | list[Step]] = {
        "GET /apis": discovery(core=False, kinds=services),
        "GET /apis/apiregistration.k8s.io/v1/apiservices/v1.away.example.com": ok(service),
    }
    entry = Entry(ref=a_ref(kind="Widget", group="away.example.com"), uid="u1")
    (found,) = survey(client_over(ScriptedCluster(scripts)), KEY, [entry])

    assert found.forecast().action is action
    assert not found.goes


def test_an_object_known_by_a_version_no_longer_served_is_found_under_another() -> None:
    old = evolve(a_ref(), version="v1beta1")
    (found,) = survey(client_over(ScriptedCluster({f"GET {PATH}": ok(ours())})), KEY, [Entry(ref=old, uid="u1")])

    assert found.goes
    assert found.ref.version == "v1"
