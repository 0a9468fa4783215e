"""Deployment health by the real agent: told for everything it has deployed, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of
from stage_support import DEPLOYMENT, Play, config_map, playing, wait_for

SETTINGS: dict[str, str | float] = {"deployment_health_interval": 0.2}


def status(play: Play, posted: DeploymentObject, wanted: str, condition: str = "") -> JsonObject:
    """Wait for a health record of an object, and return what is behind it."""

    def ask() -> JsonObject | None:
        records = play.stage.operator.deployment_objects.health(posted.id).health_records
        if not records or records[0].status != wanted:
            return None
        summary = json.loads(records[0].summary or "{}")
        assert isinstance(summary, dict)
        return summary if not condition or condition in as_list(summary["conditions"]) else None

    return wait_for(ask, f"{wanted} of {posted.id}; log:\n{play.log}")


def test_a_deployment_is_healthy_until_its_containers_crash(tmp_path: Path) -> None:
    with playing(tmp_path, SETTINGS) as play:
        posted = play.post(config_map("one") + DEPLOYMENT)
        assert play.event(posted).status == "SUCCESS"
        summary = status(play, posted, "healthy")
        assert (summary["pods_ready"], summary["pods_total"], summary["conditions"]) == (2, 2, [])

        image: JsonObject = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "always-crashes"}]}}},
        }
        play.stage.cluster.apply(image, ref_of(image), manager="somebody", force=True)
        summary = status(play, posted, "degraded", "CrashLoopBackOff")
        assert '"Pod"' in json.dumps(summary["resources"])


def test_what_somebody_deleted_is_told_and_other_stacks_stay_healthy(tmp_path: Path) -> None:
    with playing(tmp_path, SETTINGS) as play:
        other = play.add_stack("other")
        ill, well = play.post(config_map("one")), play.post(config_map("two"), stack=other)
        assert play.event(ill).status == play.event(well).status == "SUCCESS"
        status(play, ill, "healthy")
        ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="one")
        uid = as_text(dig(play.stage.cluster.get(ref), "metadata", "uid"))
        assert play.stage.cluster.delete(ref, uid=uid)

        assert status(play, ill, "degraded")["conditions"] == ["Missing"]
        status(play, well, "healthy")


def test_health_can_be_turned_off(tmp_path: Path) -> None:
    with playing(tmp_path, {**SETTINGS, "deployment_health_enabled": False}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        play.stage.stop_agent()
        assert [one for one in play.stage.broker.requests if "health-status" in one.path] == []
