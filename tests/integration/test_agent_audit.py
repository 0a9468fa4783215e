"""The audit trail of the agent as a process: what it changes stands there, and without it nothing is changed."""

from __future__ import annotations

import os
import resource
import signal
from collections import Counter
from pathlib import Path

import pytest

from audit_support import records_in, request_of
from brokkr_agent.audit.broker_line import fingerprint
from brokkr_agent.audit.segments import Segments
from brokkr_agent.audit.verify import verify
from brokkr_core.errors import ConfigError
from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig
from engine_play import writes
from stage_support import Play, config_map, playing, wait_for

SECRET = (
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: default}\n"
    "stringData: {password: s3cr3t-v4lue}\n"
)
BROKEN = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\n"
    "spec:\n  progressDeadlineSeconds: 1\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n"
    "    spec: {containers: [{name: web, image: does-not-exist}]}\n"
)
ENDLESS = (
    "---\napiVersion: batch/v1\nkind: Job\n"
    "metadata: {name: long, namespace: default, annotations: {brokkr.io/idempotent: 'true'}}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
)


def of_resources(records: list[JsonObject], stage: str) -> list[JsonObject]:
    """Return the records about requests to the cluster, the Lease left out."""
    return [
        one
        for one in records
        if one["stage"] == stage and as_text(one["action"]).startswith("resource.") and kind(one) != "Lease"
    ]


def kind(record: JsonObject) -> str:
    return as_text(dig(record, "object", "kind"))


def sent(play: Play) -> Counter[tuple[str, str]]:
    """Return what the cluster was asked to change, as method and path; dry runs and the Lease left out."""
    return Counter(
        (one.method, one.path)
        for one in play.stage.embedded.requests
        if one.method != "GET" and not one.query.get("dryRun") and "/leases" not in one.path
    )


def test_every_change_of_the_cluster_stands_in_the_trail_and_no_other(tmp_path: Path) -> None:
    place = tmp_path / "audit"
    with playing(tmp_path, {"audit_path": str(place), "audit_segment_mebibytes": 0.008}, start=False) as play:
        play.activate()
        play.stage.embedded.requests.clear()
        play.start()
        first = play.post(config_map("stays") + config_map("leaves") + SECRET)
        assert play.event(first).status == "SUCCESS"
        assert play.event(play.post(config_map("stays", a="c") + SECRET)).status == "SUCCESS"
        failed = play.post(config_map("stays", a="d") + SECRET + BROKEN)
        assert play.event(failed).status == "FAILURE"
        os.kill(play.process, signal.SIGHUP)
        wait_for(lambda: "settings reloaded" in play.log, "the reload")
        assert play.stage.stop_agent() == 0
        records, seen = records_in(place), sent(play)
        intents, outcomes = of_resources(records, "intent"), of_resources(records, "outcome")

        assert Counter(request_of(one, play.stage.cluster) for one in intents) == seen
        assert {one["id"] for one in intents} == {one["intent"] for one in outcomes}
        assert len(intents) == len(outcomes) > 8
        assert [one for one in outcomes if not dig(one, "object", "uid")] == []

        mine = [one for one in intents if one.get("deployment_object_id") == first.id]
        assert {kind(one) for one in mine if not one.get("own")} == {"ConfigMap", "Secret"}
        assert {one["stack_id"] for one in mine} == {play.stack.id}
        assert all(one["trace_id"] for one in mine)
        assert {as_text(dig(one, "object", "kind")) for one in intents if one.get("own")} >= {"ConfigMap", "Secret"}

        (reload,) = (one for one in records if one["action"] == "config.reload")
        assert (dig(reload, "facts", "cause"), reload["result"]) == ("signal", {"ok": True})
        actions = Counter(as_text(one["action"]) for one in records if one["stage"] == "event")
        assert actions["deployment.start"] == actions["deployment.finish"] >= 3
        assert actions["prune.decide"] == 1
        rollbacks = [one for one in records if one["action"] == "deployment.rollback"]
        assert dig(rollbacks[-1], "result", "verdict") == "VERIFIED_EXACT"
        assert actions["lease.renew"] <= 2
        assert {as_text(dig(one, "actor", "id")) for one in intents} == {play.agent_id}

        pak = (tmp_path / "pak").read_text()
        (used,) = (as_object(one["facts"]) for one in records if one["action"] == "credential.use")
        assert used == {"source": "agent.pak_file", "fingerprint": fingerprint(pak)}
        text = b"".join(one.read_bytes() for one in place.iterdir()).decode()
        assert [one for one in ("s3cr3t-v4lue", "czNjcjN0LXY0bHVl", pak.rpartition("_")[2]) if one in text] == []

        found = verify(place)
        assert (found.faults, found.open_intents) == ([], 0)
        assert found.segments > 1
        assert found.head.hash in play.log


def test_without_room_for_its_record_nothing_is_changed_until_there_is_room_again(tmp_path: Path) -> None:
    place = tmp_path / "audit"
    with playing(tmp_path, {"audit_path": str(place), "lease_seconds": 0}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        (segment,) = place.iterdir()
        play.limit_files(segment.stat().st_size + 10)
        play.stage.embedded.requests.clear()
        refused = play.event(play.post(config_map("one", a="c")))

        assert refused.status == "FAILURE"
        assert "set agent.audit_on_failure to continue" in (refused.message or "")
        assert writes(play.stage.embedded) == []
        assert verify(place).faults == []

        play.limit_files(resource.RLIM_INFINITY)
        assert play.event(play.post(config_map("one", a="e"))).status == "SUCCESS"
        records = records_in(place)
        (gap, *_) = (as_object(one["facts"]) for one in records if one["action"] == "audit.gap")
        assert gap["refused"] != 0
        assert verify(place).faults == []


def test_where_it_may_go_on_changes_are_made_and_what_is_missing_is_counted(tmp_path: Path) -> None:
    place = tmp_path / "audit"
    with playing(tmp_path, {"audit_path": str(place), "audit_on_failure": "continue", "lease_seconds": 0}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        (segment,) = place.iterdir()
        play.limit_files(segment.stat().st_size + 10)
        assert play.event(play.post(config_map("one", a="c"))).status == "SUCCESS"
        assert "an audit record cannot be written" in play.log
        play.limit_files(resource.RLIM_INFINITY)
        assert play.event(play.post(config_map("one", a="d"))).status == "SUCCESS"

        lost = sum(as_int(dig(one, "facts", "lost")) for one in records_in(place) if one["action"] == "audit.gap")
        assert lost >= 2
        assert verify(place).faults == []


def test_a_killed_agents_trail_is_gone_on_with_and_two_agents_do_not_share_one(tmp_path: Path) -> None:
    place = tmp_path / "audit"
    settings: dict[str, str | float] = {
        "audit_path": str(place),
        "lease_seconds": 1,
        "after_crash": "rollback",
        "ready_timeout_seconds": 600,
    }
    with playing(tmp_path, settings) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        with pytest.raises(ConfigError, match="another process writes there"):
            Segments(place).open()
        left = play.post(config_map("one", a="c") + ENDLESS)
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")
        play.kill()
        (segment,) = place.iterdir()
        with segment.open("ab") as file:
            file.write(b'{"action":"torn')
        assert "not whole" in str(verify(place).faults[0])

        play.post(config_map("one", a="d"))
        play.start()
        wait_for(lambda: "a run was left in the middle" in play.log, f"the run to be put back; log:\n{play.log}")
        assert play.stage.stop_agent() == 0
        assert verify(place).faults == []
        records = records_in(place)
        assert [dig(one, "facts", "bytes") for one in records if one["action"] == "audit.repair"] == [15]
        (back,) = (one for one in records if dig(one, "result", "verdict") == "VERIFIED_EXACT")
        assert (back["stack_id"], back["deployment_object_id"]) == (play.stack.id, left.id)
        gone = [one for one in records if one["action"] == "resource.delete" and kind(one) == "Job"]
        assert {one["deployment_object_id"] for one in gone} == {left.id}
