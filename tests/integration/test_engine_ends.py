"""However a run ends, every object has one outcome, and nothing is begun after its end was decided."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from attrs import evolve

from brokkr_core.apply import apply_plan
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Event, ObjectFinished, ObjectWaiting
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import DEPENDS_ON
from brokkr_core.rollback import MemoryJournal
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import QUICK, planned, writes
from rollback_support import deployment
from stage_support import config_map

MANY = 60
TWO = evolve(QUICK, workers=2)


def many() -> list[str]:
    return [config_map(f"n{number}", a="1") for number in range(MANY)]


def test_after_a_stop_only_what_is_under_way_is_still_written(cluster: EmbeddedCluster, client: KubeClient) -> None:
    stop = threading.Event()

    def observe(event: Event) -> None:
        if isinstance(event, ObjectFinished):
            stop.set()

    report = apply_plan(client, planned(client, *many()), policy=TWO, observer=observe, stop=stop.is_set)
    ends = Counter((outcome.action, outcome.code) for outcome in report.outcomes)

    assert len(report.outcomes) == MANY
    assert ends[Action.BLOCKED, "Stopped"] == MANY - len(writes(cluster))
    assert len(writes(cluster)) < MANY // 2


def test_what_is_outdated_is_not_waited_for_and_nothing_more_of_it_is_begun(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    waits: list[ObjectRef] = []

    def observe(event: Event) -> None:
        if isinstance(event, ObjectWaiting):
            waits.append(event.ref)

    first = deployment("web", replicas=1)
    note = f"  annotations: {{{DEPENDS_ON}: apps/namespaces/default/Deployment/web}}\n"
    after = config_map("after", a="1").replace("metadata:\n", f"metadata:\n{note}")
    policy = evolve(QUICK, ready_timeout_seconds=1000.0)
    report = apply_plan(
        client, planned(client, first, after), policy=policy, observer=observe, outdated=lambda: bool(waits)
    )

    assert {outcome.ref.name: (outcome.action, outcome.code) for outcome in report.outcomes} == {
        "web": (Action.NOT_OBSERVED, "Outdated"),
        "after": (Action.BLOCKED, "Outdated"),
    }
    assert [one for one in writes(cluster) if "configmaps" in one] == []


def test_a_run_that_is_done_as_it_gets_outdated_is_a_success(client: KubeClient) -> None:
    done: list[ObjectRef] = []

    def observe(event: Event) -> None:
        if isinstance(event, ObjectFinished):
            done.append(event.outcome.ref)

    plan = planned(client, config_map("n1", a="1"))
    report = apply_plan(client, plan, policy=QUICK, observer=observe, outdated=lambda: bool(done))

    assert report.ok


def test_after_its_deadline_a_run_writes_nothing_more(cluster: EmbeddedCluster, client: KubeClient) -> None:
    policy = evolve(TWO, workers=1, run_timeout_seconds=1e-9)
    report = apply_plan(client, planned(client, *many()), policy=policy)

    assert {(outcome.action, outcome.code) for outcome in report.outcomes} == {(Action.BLOCKED, "RunTimeout")}
    assert writes(cluster) == []


def test_an_observer_that_raises_ends_the_run_at_once(cluster: EmbeddedCluster, client: KubeClient) -> None:
    def observe(event: Event) -> None:
        if isinstance(event, ObjectFinished):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(client, planned(client, *many()), policy=TWO, observer=observe)
    assert len(writes(cluster)) < MANY // 2


def test_a_recorder_that_fails_keeps_its_object_from_being_written_and_no_other(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    class Full(MemoryJournal):
        def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
            if ref.name == "n1":
                raise OSError("no space left")
            super().before(ref, live)

    report = apply_plan(client, planned(client, *many()[:3]), policy=QUICK, recorder=Full())

    assert {outcome.ref.name: (outcome.action, outcome.code) for outcome in report.outcomes} == {
        "n0": (Action.CREATED, ""),
        "n1": (Action.FAILED, "OSError"),
        "n2": (Action.CREATED, ""),
    }
    assert len(writes(cluster)) == 2
