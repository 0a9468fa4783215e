"""Work orders by the real agent: Jobs, builds, failures, and an agent that is killed in the middle."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import ORDER_MANAGER
from brokkr_core.model.work import NewWorkOrder, Targeting, WorkOrderLog
from stage_support import Play, config_map, playing, wait_for

JOB = """\
---
apiVersion: batch/v1
kind: Job
metadata: {name: %s, namespace: default}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: %s}]}}
"""

DOOMED = (JOB % ("bad", "does-not-exist")).replace("backoffLimit: 0", "activeDeadlineSeconds: 1")

BUILD = """\
apiVersion: shipwright.io/v1beta1
kind: Build
metadata: {name: api, namespace: default}
spec: {output: {image: registry.example.org/api}}
"""


def put_up(play: Play, text: str, work_type: str = "custom") -> str:
    targeting = Targeting(agent_ids=(play.agent_id,))
    new = NewWorkOrder(work_type=work_type, yaml_content=text, targeting=targeting)
    return play.stage.operator.work_orders.create(new).id


def ended(play: Play, order: str) -> WorkOrderLog:
    def ask() -> WorkOrderLog | None:
        return next((one for one in play.stage.operator.work_orders.log() if one.id == order), None)

    return wait_for(ask, f"the end of work order {order}; log:\n{play.log}")


def define(play: Play, kind: str) -> None:
    plural = f"{kind.lower()}s"
    names: JsonObject = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    schema: JsonObject = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version: JsonObject = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    body: JsonObject = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.shipwright.io"},
        "spec": {"group": "shipwright.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    play.stage.cluster.apply(body, ref_of(body), manager="tests", force=True)


def seen(play: Play, path: str) -> JsonObject | None:
    answer = play.stage.embedded.administer(Request(method="GET", path=path))
    body = json.loads(answer.body)
    return body if answer.status == 200 and isinstance(body, dict) else None


def finish(play: Play, path: str, status: JsonObject) -> None:
    """Write the status of an object as its controller would."""
    headers = {"content-type": "application/merge-patch+json"}
    body = json.dumps({"status": status}).encode()
    answer = play.stage.embedded.administer(Request(method="PATCH", path=path, headers=headers, body=body))
    assert answer.status == 200, answer


def test_a_custom_order_applies_everything_and_waits_for_its_jobs(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        entry = ended(play, put_up(play, JOB % ("good", "fine") + config_map("beside")))

        assert (entry.success, entry.retries_attempted) == (True, 0)
        job = play.live("Job", "good", api="batch/v1")
        assert as_text(dig(job, "status", "completionTime")), "it was waited for"
        beside = play.live("ConfigMap", "beside")
        assert dig(beside, "metadata", "annotations") is None, "objects of work orders carry no marks"
        managers = as_list(dig(beside, "metadata", "managedFields"))
        assert [dig(one, "manager") for one in managers] == [ORDER_MANAGER]
        assert "not watched" in (entry.result_message or "")


def test_a_push_of_the_broker_is_enough(tmp_path: Path) -> None:
    with playing(tmp_path, {"polling_interval": 3600}) as play:
        wait_for(lambda: "channel is up" in play.log, f"the channel; log:\n{play.log}")
        assert ended(play, put_up(play, config_map("pushed"))).success


def test_a_failed_job_and_an_unreadable_text_end_their_orders_for_good(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        failed, unreadable = put_up(play, DOOMED), put_up(play, "kind: [")
        entries = [ended(play, failed), ended(play, unreadable)]

        assert [(one.success, one.retries_attempted) for one in entries] == [(False, 0), (False, 0)]
        assert "Job/default/bad failed" in (entries[0].result_message or "")
        assert play.stage.stop_agent() == 0


def test_a_build_is_run_once_and_its_digest_told(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        define(play, "Build")
        define(play, "BuildRun")
        order = put_up(play, BUILD, "build")
        path = f"/apis/shipwright.io/v1beta1/namespaces/default/buildruns/api-{order[:8]}"
        run = wait_for(lambda: seen(play, path), f"the BuildRun; log:\n{play.log}")
        assert dig(run, "metadata", "labels") == {"brokkr.io/work-order-id": order, "shipwright.io/build": "api"}
        assert dig(run, "spec") == {"build": {"name": "api"}}
        condition: JsonObject = {"type": "Succeeded", "status": "True", "reason": "Succeeded"}
        finish(play, path, {"conditions": [condition], "output": {"digest": "sha256:5f70"}})

        entry = ended(play, order)
        assert (entry.success, entry.result_message) == (True, "sha256:5f70")


def test_a_killed_agent_takes_its_order_up_again_once_the_claim_has_run_out(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        order = put_up(play, JOB % ("long", "does-not-exist"))
        job = wait_for(lambda: play.live("Job", "long", api="batch/v1"), f"the Job; log:\n{play.log}")
        play.kill()
        orders = play.stage.broker.state.work_orders
        row = next(one for one in orders if one.id == order)
        assert row.status == "CLAIMED"
        orders.put(evolve(row, status="PENDING", claimed_by=None, claimed_at=None))  # as the broker's timer would
        play.start()
        wait_for(lambda: play.log.count("work order claimed") == 2, f"the second claim; log:\n{play.log}")
        conditions: list[Json] = [{"type": name, "status": "True"} for name in ("SuccessCriteriaMet", "Complete")]
        finish(play, "/apis/batch/v1/namespaces/default/jobs/long/status", {"conditions": conditions})

        assert ended(play, order).success
        again = play.live("Job", "long", api="batch/v1")
        assert dig(again, "metadata", "uid") == dig(job, "metadata", "uid")


def test_an_agent_that_is_stopped_gives_its_order_back_and_ends_soon(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        order = put_up(play, JOB % ("long", "does-not-exist"))
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), f"the Job; log:\n{play.log}")

        assert play.stage.stop_agent() == 0
        assert play.stage.operator.work_orders.get(order).status == "RETRY_PENDING"


def test_an_agent_that_is_not_active_takes_nothing_on(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        order = put_up(play, config_map("one"))
        play.start()
        wait_for(lambda: play.stage.operator.agents.get(play.agent_id).k8s_reachable, f"a heartbeat; log:\n{play.log}")
        assert play.stage.operator.work_orders.get(order).status == "PENDING"
        asked = [one.path for one in play.stage.broker.requests if one.path.endswith("/pending")]
        assert asked == []

        play.activate()
        assert ended(play, order).success
