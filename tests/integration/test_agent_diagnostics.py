"""Diagnostics by the real agent: asked for by an operator, answered once."""

from __future__ import annotations

import json
from pathlib import Path

from brokkr_core.model.work import DiagnosticResult
from brokkr_core.testing.cluster import write_log
from cluster_support import Client
from stage_support import DEPLOYMENT, Play, config_map, playing, wait_for


def answer(play: Play, request_id: str) -> DiagnosticResult:
    found = wait_for(lambda: play.stage.operator.diagnostics.get(request_id).result, f"diagnostics; log:\n{play.log}")
    assert play.stage.operator.diagnostics.get(request_id).request.status == "completed"
    return found


def test_an_operator_learns_how_the_pods_of_an_object_are(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        posted = play.post(config_map("one") + DEPLOYMENT)
        other = play.post(DEPLOYMENT.replace("web", "other"), stack=play.add_stack("other"))
        assert play.event(posted).status == play.event(other).status == "SUCCESS"
        there = Client(play.stage.embedded.transport()).list("v1", "Pod").names
        name = next(one for one in there if one.startswith("web-"))
        write_log(play.stage.embedded, name, "hello\npassword=hunter22")
        result = answer(play, play.stage.operator.diagnostics.request(posted.id, play.agent_id).id)

        pods = json.loads(result.pod_statuses)
        assert [(one["phase"], one["name"][:4]) for one in pods] == [("Running", "web-")] * 2
        assert isinstance(json.loads(result.events), list)
        tails = json.loads(result.log_tails or "")
        assert len(tails) == 2
        assert "hello" in tails[f"{name}/web"]
        assert "hunter22" not in tails[f"{name}/web"]
        assert play.stage.stop_agent() == 0
        claims = [one for one in play.stage.broker.requests if one.path.endswith("/claim")]
        assert len(claims) == 1


def test_an_object_that_the_agent_does_not_have_gets_an_answer_too(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        posted = play.post("just: text\n")
        request = play.stage.operator.diagnostics.request(posted.id, play.agent_id)
        play.activate()
        play.start()
        assert answer(play, request.id).pod_statuses == "[]"
