"""How well a deployment object is: the fold of what is seen, and how refused batches are told all the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations

import pytest

from brokkr_agent.duties.finding import RESOURCES, Finding, Level, counted, missing, of_object, of_pod, report_of
from brokkr_agent.duties.health import tell_all
from brokkr_core.apply import ReadyPolicy
from brokkr_core.errors import BrokerError
from brokkr_core.model.broker import ObjectHealth
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef

NOW = datetime(2026, 8, 2, 10, tzinfo=UTC)
POLICY = ReadyPolicy()


def pod(
    phase: str = "Running", *, field: str = "containerStatuses", ready: bool = False, entry: JsonObject | None = None
) -> JsonObject:
    status: JsonObject = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        field: [{"name": "app", **(entry or {})}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "status": status}


def waiting(reason: str) -> JsonObject:
    return {"state": {"waiting": {"reason": reason, "message": "it waits"}}}


def told(body: JsonObject) -> list[tuple[str, str]]:
    return [(one.level.name.lower(), one.condition) for one in of_pod(body, now=NOW, policy=POLICY)]


@pytest.mark.parametrize(
    "reason", ["ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError"]
)
def test_a_container_that_cannot_run_degrades_its_object(reason: str) -> None:
    assert told(pod(entry=waiting(reason))) == [("degraded", reason)]
    found = of_pod(pod(entry=waiting(reason)), now=NOW, policy=POLICY)[0].resource
    assert found is not None
    assert (found.kind, found.ready, found.message) == ("Pod", False, "it waits")


def test_the_rest_of_the_contracts_table() -> None:
    assert told(pod(entry={"state": {"terminated": {"reason": "OOMKilled"}}})) == [("degraded", "OOMKilled")]
    assert told(pod(entry={"lastState": {"terminated": {"reason": "OOMKilled"}}})) == [("degraded", "OOMKilled")]
    assert told(pod(entry={"lastState": {"terminated": {"reason": "Error"}}})) == []
    assert told(pod(field="initContainerStatuses", entry=waiting("ErrImagePull"))) == [
        ("degraded", "InitContainer:ErrImagePull")
    ]
    assert told(pod("Failed")) == [("failing", "PodFailed")]
    assert told(pod("Unknown")) == [("unknown", "PodUnknown")]
    assert told(pod("Succeeded")) == []
    assert told(pod(entry=waiting("ContainerCreating"))) == []


def test_a_pod_that_no_node_takes_is_not_healthy_for_ever() -> None:
    body = pod("Pending")
    body["metadata"] = {"name": "p", "namespace": "n", "creationTimestamp": "2026-08-02T09:00:00Z"}
    body["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}],
    }
    assert told(body) == [("degraded", "Unschedulable")]


def test_pods_that_ended_well_are_not_counted() -> None:
    seen = [one for one in (counted(pod(ready=True)), counted(pod()), counted(pod("Succeeded"))) if one is not None]
    summary = report_of("x", [], seen, at=NOW).summary
    assert summary is not None
    assert (summary.pods_ready, summary.pods_total) == (1, 2)


def test_a_job_at_work_is_no_trouble_and_a_failed_one_is() -> None:
    job: JsonObject = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "n"}}
    running: JsonObject = {**job, "status": {"active": 1, "startTime": "2026-08-02T09:00:00Z"}}
    failed: JsonObject = {**job, "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "Limit"}]}}
    assert of_object(running, now=NOW, policy=POLICY) == ()
    assert [(one.level, one.condition) for one in of_object(failed, now=NOW, policy=POLICY)] == [
        (Level.FAILING, "Limit")
    ]


def test_the_worst_decides_in_whatever_order_it_was_seen() -> None:
    findings = [
        Finding(level=Level.FAILING, condition="PodFailed"),
        Finding(level=Level.DEGRADED, condition="OOMKilled"),
        Finding(level=Level.UNKNOWN, condition="PodUnknown"),
    ]
    reports = {repr(report_of("x", order, [], at=NOW)) for order in permutations(findings)}
    assert len(reports) == 1
    assert report_of("x", findings, [], at=NOW).status == "failing"
    assert report_of("x", [], [], at=NOW).status == "healthy", "an object without pods can be well"


def test_a_report_stays_small_and_keeps_the_worst() -> None:
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="n", name="a")
    many = [missing(ref)] * (RESOURCES + 10) + list(of_pod(pod("Failed"), now=NOW, policy=POLICY))
    summary = report_of("x", many, [], at=NOW).summary
    assert summary is not None
    assert len(summary.resources) == RESOURCES
    assert summary.resources[0].kind == "Pod"


class Broker:
    """Refuses every batch with an object it does not know, as the contract says."""

    def __init__(self, *unknown: str, status: int = 422) -> None:
        self.unknown, self.status = set(unknown), status
        self.stored: list[str] = []

    def __call__(self, reports: Sequence[ObjectHealth]) -> None:
        if self.unknown & {one.id for one in reports}:
            raise BrokerError(status=self.status, endpoint="PATCH /health", code="foreign_key_violation")
        self.stored += [one.id for one in reports]


@pytest.mark.parametrize("unknown", [(), ("0",), ("19",), ("3", "4", "17"), tuple(map(str, range(20)))])
def test_one_unknown_object_hides_no_other(unknown: tuple[str, ...]) -> None:
    broker = Broker(*unknown)
    reports = [report_of(str(number), [], [], at=NOW) for number in range(20)]
    assert sorted(tell_all(reports, broker)) == sorted(unknown)
    assert sorted(broker.stored) == sorted({one.id for one in reports} - set(unknown))


def test_a_refusal_that_is_not_about_objects_is_not_cut_in_halves() -> None:
    with pytest.raises(BrokerError):
        tell_all([report_of(name, [], [], at=NOW) for name in "ab"], Broker("a", status=403))
