"""Events of Kubernetes: which are told, how often, and what is told of those that are not."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import structlog
from attrs import evolve

from broker_support import AGENT, OTHER, STACK
from brokkr_agent.duties.redact import LINE_HIDDEN
from brokkr_agent.telemetry.events import RATE, KubeEvents
from brokkr_agent.telemetry.happened import MESSAGE, occurrence, told
from brokkr_agent.telemetry.origin import SECONDS, Origins
from brokkr_agent.telemetry.patience import PAUSE_SECONDS, REFUSED_SECONDS
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_text, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.model.stream import InvolvedObject, K8sEvent, LogGap
from brokkr_core.model.wire import STACK as STACK_KEY
from brokkr_core.testing.cluster import EmbeddedCluster, Grant, Rbac, User
from clock_support import ObedientClock
from stage_support import wait_for
from telemetry_support import FOREIGN, MINE, Listener, client_of, owner_of, pod_of, put, running

NOW = datetime(2026, 8, 2, 10, 5, tzinfo=UTC)
#: Marks of another stack of ours.
OTHERS = {**MINE, STACK_KEY: OTHER}
_names = count()


def event(about: JsonObject, reason: str = "Pulled", **more: Json) -> JsonObject:
    involved: JsonObject = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        **{key: dig(about, "metadata", key) for key in ("namespace", "name", "uid")},
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"e{next(_names)}", "namespace": "default"},
        "involvedObject": involved,
        "reason": reason,
        "message": "image pulled",
        "type": "Normal",
        "source": {"component": "kubelet"},
        "lastTimestamp": "2026-08-02T10:00:00Z",
        "count": 1,
        **more,
    }


def post(cluster: EmbeddedCluster, body: JsonObject) -> JsonObject:
    return put(cluster, body, plural="events")


def family(cluster: EmbeddedCluster) -> tuple[JsonObject, JsonObject]:
    """A pod of an object of ours, and one of somebody else's."""
    pods = []
    for name, marks in (("mine", MINE), ("foreign", FOREIGN)):
        owner = put(cluster, owner_of(name, marks), plural="configmaps")
        pods.append(put(cluster, pod_of(f"{name}-1", owner), plural="pods"))
    return pods[0], pods[1]


def over(client: KubeClient, voice: Listener, *, most: int = 100) -> KubeEvents:
    return KubeEvents(client, voice, agent_id=AGENT, most=most)


def test_what_happens_to_a_pod_of_ours_is_told_once_for_each_time_it_happens_and_nothing_of_others() -> None:
    cluster, voice = EmbeddedCluster(), Listener()
    mine, foreign = family(cluster)
    post(cluster, event(mine, reason="Old"))
    events = over(client_of(cluster), voice)
    with running(events.round, events.close):
        wait_for(lambda: cluster.requests.count("GET", "/events") == 2, "the watch")
        first = post(cluster, event(mine))
        post(cluster, event(foreign))
        post(cluster, event(mine, source={"component": "brokkr-agent"}))
        name = as_text(dig(first, "metadata", "name"))
        for patch in ('{"count":2}', '{"metadata":{"labels":{"a":"b"}}}'):
            path = f"/api/v1/namespaces/default/events/{name}"
            headers = {"content-type": "application/merge-patch+json"}
            cluster.administer(Request(method="PATCH", path=path, headers=headers, body=patch.encode()))
        post(cluster, event(mine, reason="Last"))
        wait_for(lambda: len(voice.said) >= 3, "three Events")

    assert [one.reason for one in voice.said if isinstance(one, K8sEvent)] == ["Pulled", "Pulled", "Last"]
    uid = as_text(dig(mine, "metadata", "uid"))
    about = InvolvedObject(api_version="v1", kind="Pod", namespace="default", name="mine-1", uid=uid)
    assert voice.said[0] == K8sEvent(
        stack_id=STACK,
        observed_at=datetime(2026, 8, 2, 10, tzinfo=UTC),
        reason="Pulled",
        message="image pulled",
        source="kubelet",
        involved_object=about,
    )


def test_nothing_is_read_while_nobody_hears_it_and_afterwards_it_goes_on_where_it_was() -> None:
    cluster, voice = EmbeddedCluster(), Listener(up=False)
    mine, _ = family(cluster)
    events = over(client_of(cluster), voice)
    events.round()
    assert cluster.requests.count("GET", "/events") == 0

    voice.up = True
    with running(events.round, lambda: setattr(voice, "up", False)):
        wait_for(lambda: cluster.requests.count("GET", "/events") == 2, "the watch")
        post(cluster, event(mine, reason="A"))
        wait_for(lambda: voice.said, "the first")
        voice.up = False
        post(cluster, event(mine, reason="B"))
    post(cluster, event(mine, reason="C"))
    voice.up = True
    with running(events.round, events.close):
        wait_for(lambda: len(voice.said) >= 3, "what came meanwhile")

    assert [one.reason for one in voice.said if isinstance(one, K8sEvent)] == ["A", "B", "C"]


def test_a_flood_of_one_stack_is_bounded_and_what_is_left_out_is_told() -> None:
    cluster, voice, clock = EmbeddedCluster(), Listener(), ObedientClock()
    mine, _ = family(cluster)
    events = KubeEvents(client_of(cluster), voice, agent_id=AGENT, most=1000, monotonic=clock)
    many = int(RATE.burst) + 40
    with running(events.round, events.close):
        wait_for(lambda: cluster.requests.count("GET", "/events") == 2, "the watch")
        for _ in range(many):
            post(cluster, event(mine))
        post(cluster, event(put(cluster, owner_of("x", OTHERS), plural="configmaps")))
        wait_for(lambda: len(voice.of(K8sEvent)) > RATE.burst, "the Event of another stack, which comes last")
        clock.seconds += 1.0
        post(cluster, event(mine, reason="After"))
        wait_for(lambda: voice.said[-1:] and getattr(voice.said[-1], "reason", "") == "After", "the one after")

    assert sum(one.dropped_count for one in voice.said if isinstance(one, LogGap)) + len(voice.of(K8sEvent)) == many + 2


def test_a_right_that_is_missing_is_told_once_and_asked_for_slowly() -> None:
    user = User(name="agent", token="t", grants=[Grant(verbs=["get"], resources=["*"])])
    cluster = EmbeddedCluster(rbac=Rbac(users=[user]))
    events = over(client_of(cluster), Listener())
    assert events.pause() == PAUSE_SECONDS
    with structlog.testing.capture_logs() as lines:
        events.round()
        events.round()

    assert len([line for line in lines if line["log_level"] == "warning"]) == 1
    assert events.pause() == REFUSED_SECONDS


def test_an_object_is_looked_up_once_and_one_that_is_not_ours_too_until_that_is_old() -> None:
    cluster, clock = EmbeddedCluster(), ObedientClock()
    mine, foreign = family(cluster)
    origins = Origins(client_of(cluster), AGENT, most=100, monotonic=clock)
    asked = []
    for _ in range(3):
        found = [origins.stack_of(ref_of(one), as_text(dig(one, "metadata", "uid"))) for one in (mine, foreign)]
        assert found == [STACK, ""]
        asked.append(cluster.requests.count("GET", "/namespaces/"))
    clock.seconds = SECONDS + 1
    origins.stack_of(ref_of(mine), as_text(dig(mine, "metadata", "uid")))

    assert asked == [4, 4, 4]
    assert cluster.requests.count("GET", "/namespaces/") == 6
    assert origins.stack_of(ref_of(mine), "the uid of an earlier pod of that name") == ""


def test_the_broker_gets_the_last_time_and_no_secret_and_no_more_than_it_needs() -> None:
    body = event(pod_of("p"), message="token=abcdef", eventTime="2026-08-02T10:01:00.123456Z", type="", source={})
    frame = told(body, STACK, now=NOW)

    assert frame.observed_at == datetime(2026, 8, 2, 10, 1, 0, 123456, tzinfo=UTC)
    assert (frame.message, frame.event_type, frame.source) == (LINE_HIDDEN, "Normal", None)
    assert len(told({**body, "message": "x" * 9999}, STACK, now=NOW).message) < MESSAGE + 50
    bare = told({"involvedObject": {}}, STACK, now=NOW)
    assert bare.observed_at == NOW
    assert bare.involved_object == evolve(bare.involved_object, namespace=None, uid=None)
    assert occurrence(body) != occurrence({**body, "count": 2})
    assert occurrence({"metadata": {"resourceVersion": "1"}}) != occurrence({"metadata": {"resourceVersion": "2"}})
