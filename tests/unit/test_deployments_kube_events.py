"""Events of Kubernetes as they stand on the cluster, and what becomes of them when they may not."""

from __future__ import annotations

import pytest
import structlog
from attrs import evolve

from brokkr_agent.deployments import KubeEvents
from brokkr_agent.deployments import kube_events as under_test
from brokkr_core.apply.identity import uid
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import EmbeddedCluster, Grant, Rbac, User
from progress_support import ONE, Troupe, finished, planned

HOME = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="agents", name="brokkr-inventory-1")
CLUSTER_SCOPED = ObjectRef(group="", version="v1", kind="Namespace", name="agents")


class Told:
    """A troupe whose news become Events of an embedded cluster."""

    def __init__(self, embedded: EmbeddedCluster, *, user: str = "") -> None:
        self.client = KubeClient(embedded.transport(user=user) if user else embedded.transport())
        self.admin = KubeClient(embedded.transport(user="admin") if user else embedded.transport())
        self.troupe = Troupe()
        self.events = KubeEvents(self.client, home=lambda _: HOME, clock=self.troupe.clock.now)
        self.troupe.board.listen(self.events.hear)
        for name in ("agents", "default"):
            ref = ObjectRef(group="", version="v1", kind="Namespace", name=name)
            if self.admin.find(ref) is None:
                body: JsonObject = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                self.admin.create(body, ref, manager="test")
        home: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": HOME.name, "namespace": HOME.namespace},
        }
        self.home = self.admin.create(home, HOME, manager="test")

    def found(self) -> list[JsonObject]:
        event = ObjectRef(group="", version="v1", kind="Event", namespace="default", name="any")
        return sorted(self.admin.list(self.admin.resource(event)), key=lambda one: as_text(one["reason"]))


def test_an_event_names_its_object_by_uid_and_stands_in_its_namespace() -> None:
    told = Told(EmbeddedCluster())
    told.troupe.play(planned(ONE, CLUSTER_SCOPED), finished(ONE, uid="u-1"), finished(CLUSTER_SCOPED, uid="u-2"))
    told.events.round()

    started, succeeded, *applied = (one for one in told.found())
    assert [one["reason"] for one in (started, succeeded)] == ["DeploymentStarted", "DeploymentSucceeded"]
    assert started["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "namespace": "agents",
        "name": HOME.name,
        "uid": dig(told.home, "metadata", "uid"),
    }
    spaces = {as_text(dig(one, "involvedObject", "uid")): dig(one, "metadata", "namespace") for one in applied}
    assert spaces == {"u-1": "default", "u-2": "default"}
    assert (applied[0]["type"], applied[0]["count"], dig(applied[0], "source", "component")) == (
        "Normal",
        1,
        "brokkr-agent",
    )
    assert applied[0]["firstTimestamp"] == applied[0]["lastTimestamp"] == "2026-08-02T10:00:00Z"


def test_the_same_failure_again_is_one_event_with_a_count() -> None:
    told = Told(EmbeddedCluster())
    for _ in range(3):
        told.troupe.play(planned(ONE), finished(ONE, Action.FAILED, "image missing"), ok=False, message="1 of 1")
        told.troupe.clock.seconds += 30
        told.events.round()

    counts = {as_text(one["reason"]): (one["count"], one["type"], one["message"]) for one in told.found()}
    assert counts == {
        "DeploymentStarted": (3, "Normal", "revision 7: 1 objects"),
        "DeploymentFailed": (3, "Warning", "revision 7: 1 of 1"),
        "ObjectFailed": (3, "Warning", "failed: image missing"),
    }


def test_a_refusal_is_told_once_and_the_namespace_is_left_alone_for_a_while() -> None:
    reads = Grant(verbs=["get", "list"], resources=["*"])
    admin = User(name="admin", token="a", grants=[Grant(verbs=["*"], resources=["*"], groups=["*"])])
    rbac = Rbac(users=[admin, User(name="agent", token="t", grants=[reads])])
    embedded = EmbeddedCluster(rbac=rbac)
    told = Told(embedded, user="agent")

    def tries() -> int:
        return sum(one.method == "PATCH" for one in list(embedded.requests))

    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            told.troupe.play(planned(ONE), finished(ONE))
            told.events.round()
        assert tries() == 2, "one for each namespace"
        told.troupe.clock.seconds += under_test.REFUSED_SECONDS + 1
        told.troupe.play(planned(ONE), finished(ONE))
        told.events.round()

    assert tries() == 4
    warnings = [line for line in lines if line["log_level"] == "warning"]
    assert sorted(line["namespace"] for line in warnings) == ["agents", "default"]
    assert all('cannot patch resource "events"' in line["error"] for line in warnings)
    assert told.found() == []


def test_a_namespace_that_goes_away_takes_no_events_and_that_is_no_missing_right() -> None:
    told = Told(EmbeddedCluster())
    space = ObjectRef(group="", version="v1", kind="Namespace", name="leaving")
    body: JsonObject = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving"}}
    made = told.admin.create(body, space, manager="test")
    kept = evolve(ONE, namespace="leaving")
    metadata: JsonObject = {"name": kept.name, "namespace": "leaving", "finalizers": ["example.org/keep"]}
    told.admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, kept, manager="test")
    told.admin.delete(space, uid=uid(made))

    with structlog.testing.capture_logs() as lines:
        told.troupe.play(planned(prune=(kept,)), finished(kept, Action.PRUNED))
        told.events.round()

    assert [line["error"] for line in lines if "being terminated" in line.get("error", "")]
    assert [line for line in lines if line["log_level"] == "warning"] == []


def test_an_attempt_never_waits_for_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(EmbeddedCluster())
    woken: list[int] = []
    told.events.wake_with(lambda: woken.append(1))
    for number in range(under_test.MOST_WAITING):
        told.troupe.play(planned(ONE), finished(ONE), message=str(number))

    assert told.found() == []
    assert told.events.dropped == 2 * under_test.MOST_WAITING
    assert woken


def test_a_long_message_is_cut_to_what_the_api_server_takes() -> None:
    told = Told(EmbeddedCluster())
    told.troupe.play(ok=False, message="x" * 5000)
    told.events.round()

    (event,) = told.found()
    assert len(as_text(event["message"])) <= under_test.MOST_MESSAGE
