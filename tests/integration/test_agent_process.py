"""The agent as a process, against the embedded broker and the embedded cluster, over real HTTP."""

from __future__ import annotations

import time
from pathlib import Path

from brokkr_core.model.json import JsonObject, as_list, dig, text_map
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import CHECKSUM, DEPLOYMENT_OBJECT, LAST_CONFIG, MANAGER, OWNER, STACK
from stage_support import Play, config_map, playing, wait_for


def marks_on(play: Play, name: str) -> dict[str, str]:
    return text_map(dig(play.live("ConfigMap", name), "metadata", "annotations"))


def test_a_stack_on_the_broker_becomes_objects_that_carry_the_contracts_marks(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        posted = play.post(config_map("one") + config_map("two"))

        assert play.event(posted).status == "SUCCESS"
        assert play.event(posted).message is None
        assert marks_on(play, "one") == {
            STACK: play.stack.id,
            CHECKSUM: posted.yaml_checksum,
            LAST_CONFIG: posted.yaml_checksum,
            DEPLOYMENT_OBJECT: posted.id,
            OWNER: play.agent_id,
        }
        managers = as_list(dig(play.live("ConfigMap", "two"), "metadata", "managedFields"))
        assert [(dig(one, "manager"), dig(one, "operation")) for one in managers] == [(MANAGER, "Apply")]


def test_an_agent_that_is_not_active_reports_its_life_and_touches_nothing(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        posted = play.post(config_map("one"))
        play.start()
        wait_for(lambda: play.stage.operator.agents.get(play.agent_id).k8s_reachable, f"a heartbeat; log:\n{play.log}")
        writes = [one for one in play.stage.embedded.requests if one.method != "GET"]
        assert (play.live("ConfigMap", "one"), play.events(posted), writes) == (None, [], [])

        play.activate()
        assert play.event(posted).status == "SUCCESS"


def test_a_killed_broker_is_waited_for_and_the_work_goes_on(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        play.stage.broker.stop()
        wait_for(lambda: "round failed" in play.log, "the agent to notice")
        assert play.live("ConfigMap", "one") is not None, "silence deletes nothing"

        play.stage.broker.start()
        posted = play.post(config_map("one") + config_map("two"))
        assert play.event(posted).status == "SUCCESS"
        assert play.live("ConfigMap", "two") is not None
        assert play.stage.stop_agent() == 0


def test_an_event_that_the_broker_could_not_take_is_delivered_once_it_is_back(tmp_path: Path) -> None:
    with playing(tmp_path, {"ready_timeout_seconds": 5}) as play:
        posted = play.post(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: long, namespace: default}\n"
            "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
        )
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")
        play.stage.broker.stop()
        wait_for(lambda: "events not delivered" in play.log, f"the event to wait; log:\n{play.log}")
        play.stage.broker.start()
        assert play.event(posted).status == "FAILURE"
        assert len(play.events(posted)) == 1


def test_what_leaves_a_stack_is_pruned_and_nothing_else(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        other = play.add_stack("other")
        assert play.event(play.post(config_map("theirs"), stack=other)).status == "SUCCESS"
        assert play.event(play.post(config_map("stays") + config_map("leaves"))).status == "SUCCESS"
        assert play.event(play.post(config_map("stays"))).status == "SUCCESS"

        assert play.live("ConfigMap", "leaves") is None
        assert play.live("ConfigMap", "stays") is not None
        assert play.live("ConfigMap", "theirs") is not None


def test_a_deletion_marker_removes_the_stack_and_ignores_its_yaml(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("one") + config_map("two"))).status == "SUCCESS"
        assert play.event(play.post(config_map("three"), marker=True)).status == "SUCCESS"

        assert [play.live("ConfigMap", name) for name in ("one", "two", "three")] == [None, None, None]


def test_a_deleted_stack_goes_only_after_several_polls_and_a_grace_period(tmp_path: Path) -> None:
    with playing(tmp_path, {"removal_polls": 3, "removal_grace_seconds": 1.5}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        deleted_at = time.monotonic()
        play.stage.operator.stacks.delete(play.stack.id)
        wait_for(lambda: play.live("ConfigMap", "one") is None, f"the removal; log:\n{play.log}")

        assert time.monotonic() - deleted_at >= 1.5


def test_a_stack_that_comes_back_within_the_grace_period_keeps_its_objects(tmp_path: Path) -> None:
    with playing(tmp_path, {"removal_polls": 2, "removal_grace_seconds": 3600}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        operator = play.stage.operator
        operator.agents.targets.remove(play.agent_id, play.stack.id)
        polls = len([one for one in play.stage.broker.requests if one.path.endswith("/target-state")])
        wait_for(
            lambda: len([r for r in play.stage.broker.requests if r.path.endswith("/target-state")]) > polls + 4,
            "some polls without the stack",
        )
        operator.agents.targets.add(play.agent_id, play.stack.id)
        assert play.event(play.post(config_map("one", a="c"))).status == "SUCCESS"
        deleted = [one.path for one in play.stage.embedded.requests if one.method == "DELETE"]
        assert [path for path in deleted if "/brokkr-inventory-" not in path] == []


def test_a_failed_revision_is_put_back_and_reported_once_with_verdict_and_object(tmp_path: Path) -> None:
    broken = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: default}\n"
        "spec:\n  progressDeadlineSeconds: 1\n  selector: {matchLabels: {app: web}}\n"
        "  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: web, image: does-not-exist}]}\n"
    )
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("settings", greeting="hello"))).status == "SUCCESS"
        before = play.live("ConfigMap", "settings")
        event = play.event(posted := play.post(config_map("settings", greeting="broken") + "---\n" + broken))

        assert event.status == "FAILURE"
        assert event.message is not None
        assert "rollback: VERIFIED_EXACT" in event.message
        assert "Deployment/default/web: failed: ProgressDeadlineExceeded" in event.message
        assert play.live("Deployment", "web", api="apps/v1") is None
        after = play.live("ConfigMap", "settings")
        assert dig(after, "data") == dig(before, "data")
        assert dig(after, "metadata", "uid") == dig(before, "metadata", "uid")

        wait_for(lambda: play.log.count("attempt ended") >= 3, f"a second try; log:\n{play.log}")
        assert len(play.events(posted)) == 1, "the same failure again is no news"


def test_a_restarted_agent_finds_its_work_done_and_says_nothing_twice(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        posted = play.post(config_map("one"))
        assert play.event(posted).status == "SUCCESS"
        version = dig(play.live("ConfigMap", "one"), "metadata", "resourceVersion")
        assert play.stage.stop_agent() == 0

        play.start()
        wait_for(lambda: play.log.count("attempt ended") == 2, f"the second start; log:\n{play.log}")
        assert dig(play.live("ConfigMap", "one"), "metadata", "resourceVersion") == version
        assert len(play.events(posted)) == 1


def test_objects_of_upstreams_agent_are_taken_over_and_pruned_by_their_annotations(tmp_path: Path) -> None:
    with playing(tmp_path, start=False) as play:
        marks = {STACK: play.stack.id, OWNER: play.agent_id, CHECKSUM: "old", LAST_CONFIG: "old"}
        leave_behind(play, "left-behind", marks)
        leave_behind(play, "somebody-elses", {**marks, OWNER: "another-agent"})
        play.activate()
        play.start()

        assert play.event(play.post(config_map("new"))).status == "SUCCESS"
        assert play.live("ConfigMap", "left-behind") is None
        assert play.live("ConfigMap", "somebody-elses") is not None


def test_what_is_posted_is_deployed_long_before_the_next_poll(tmp_path: Path) -> None:
    with playing(tmp_path, {"polling_interval": 3600}) as play:
        wait_for(lambda: "channel is up" in play.log, f"the channel; log:\n{play.log}")
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"

        for socket in play.stage.broker.sockets:
            socket.cut()
        missed = play.post(config_map("one") + config_map("two"))
        assert play.event(missed).status == "SUCCESS", "after a new line everything is looked at"
        assert play.stage.stop_agent() == 0


def test_without_the_channel_the_next_poll_finds_what_was_posted(tmp_path: Path) -> None:
    with playing(tmp_path, {"ws_force_rest": True}) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        assert play.stage.broker.connected == ()


def test_sigterm_in_mid_run_ends_the_agent_in_time_and_the_next_start_goes_on(tmp_path: Path) -> None:
    waiting = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: long, namespace: default}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
    )
    with playing(tmp_path, {"drain_timeout_seconds": 60, "ready_timeout_seconds": 600}) as play:
        posted = play.post(waiting)
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")

        assert play.stage.stop_agent() == 0, "it ends within the 30 s that the stage gives it, and waits for no Job"
        assert play.events(posted) == [], "an attempt that was stopped has not ended"
        assert play.live("Job", "long", api="batch/v1") is not None

        play.start()
        assert play.event(play.post(config_map("instead"))).status == "SUCCESS"
        assert play.live("Job", "long", api="batch/v1") is None


def test_the_pak_is_in_no_log_and_in_no_line_of_output(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        play.stage.stop_agent()
        secret = (tmp_path / "pak").read_text().rpartition("_")[2]

        assert secret
        assert secret not in play.log
        assert secret not in "\n".join(play.lines)


def leave_behind(play: Play, name: str, annotations_of: dict[str, str]) -> None:
    """Put an object there as upstream's agent would: its manager, its annotations, no inventory."""
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name=name)
    marks: JsonObject = dict(annotations_of)
    metadata: JsonObject = {"name": name, "namespace": "default", "annotations": marks}
    body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    play.stage.cluster.apply(body, ref, manager=MANAGER, force=True)
