"""An agent that is confined to a namespace lives with a Role in it, and asks for nothing beyond."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brokkr_core.model.http import Request
from brokkr_core.model.json import as_object
from brokkr_core.testing.cluster import Grant, Rbac, User
from stage_support import DEPLOYMENT, Play, config_map, playing, wait_for

SPACE = "team-a"
SERVICE_ACCOUNT = "system:serviceaccount:team-a:brokkr-agent"

#: The Role of docs/how-to/confine-to-a-namespace.md, bound in one namespace.
ROLE = Grant(verbs=["*"], groups=["*"], resources=["*"], namespaces=[SPACE])
ALL = Grant(verbs=["*"], groups=["*"], resources=["*"])
#: A Deployment that fails soon.
QUICK = "replicas: 2\n  progressDeadlineSeconds: 1"


def rbac() -> Rbac:
    return Rbac(
        users=[
            User(name=SERVICE_ACCOUNT, token="role", grants=[ROLE]),
            User(name="kubernetes-admin", token="admin", grants=[ALL]),
        ]
    )


@contextmanager
def confined(folder: Path) -> Iterator[Play]:
    settings: dict[str, str | float] = {"watch_namespace": SPACE, "deployment_health_interval": 0.3}
    with playing(folder, settings, start=False, rbac=rbac()) as play:
        for name in (SPACE, "team-b"):
            body = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).encode()
            play.stage.embedded.administer(Request(method="POST", path="/api/v1/namespaces", body=body))
        play.activate()
        play.start()
        yield play


def here(text: str) -> str:
    """Write objects that name no namespace."""
    return text.replace("  namespace: default\n", "").replace(", namespace: default", "")


def denied(play: Play) -> list[str]:
    return [f"{one.method} {one.path}" for one in play.stage.embedded.requests if one.status in (401, 403)]


def test_the_whole_life_of_a_stack_takes_no_more_than_a_role(tmp_path: Path) -> None:
    with confined(tmp_path) as play:
        first = play.post(here(config_map("one") + config_map("two") + DEPLOYMENT))
        assert play.event(first).status == "SUCCESS", play.log
        assert play.live("ConfigMap", "one", namespace=SPACE) is not None
        second = play.post(here(config_map("one", a="changed") + DEPLOYMENT))
        assert play.event(second).status == "SUCCESS"
        assert play.live("ConfigMap", "two", namespace=SPACE) is None, "it was pruned"

        never = DEPLOYMENT.replace("image: fine", "image: does-not-exist").replace("replicas: 2", QUICK)
        bad = play.event(play.post(here(config_map("one", a="bad") + never)))
        assert "rollback: VERIFIED_EXACT" in (bad.message or ""), play.log
        body = as_object(play.live("ConfigMap", "one", namespace=SPACE))
        assert as_object(body["data"]) == {"a": "changed"}

        request = play.stage.operator.diagnostics.request(second.id, play.agent_id).id
        found = wait_for(lambda: play.stage.operator.diagnostics.get(request).result, "diagnostics")
        assert len(json.loads(found.pod_statuses)) == 2
        objects = play.stage.operator.deployment_objects
        wait_for(lambda: objects.health(second.id).health_records, "health")

        marker = play.post("", marker=True)
        assert play.event(marker).status == "SUCCESS"
        assert play.live("ConfigMap", "one", namespace=SPACE) is None
        assert play.stage.stop_agent() == 0

        assert denied(play) == []
        beyond = {one.path for one in play.stage.embedded.requests if one.path.startswith(("/api/v1/", "/apis/"))}
        assert [path for path in beyond if f"/namespaces/{SPACE}/" not in path and len(path.split("/")) > 4] == []


def test_what_lies_elsewhere_is_refused_as_a_whole_and_named_object_by_object(tmp_path: Path) -> None:
    new = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n"
    elsewhere = config_map("there", namespace="team-b") + new
    with confined(tmp_path) as play:
        event = play.event(play.post(here(config_map("one")) + elsewhere))

        assert event.status == "FAILURE"
        told = event.message or ""
        assert "ConfigMap/team-b/there is in namespace" in told
        assert "Namespace/new is cluster-scoped" in told
        assert play.live("ConfigMap", "one", namespace=SPACE) is None
        assert [one for one in play.changes() if SPACE in one] == []
        assert denied(play) == []
