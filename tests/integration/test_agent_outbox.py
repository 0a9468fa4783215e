"""The agent's outbox file: a result outlives a SIGKILL, and one file belongs to one agent."""

from __future__ import annotations

import stat
from pathlib import Path

from brokkr_core.broker.outbox import SqliteOutbox
from stage_support import config_map, playing, wait_for

JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: long, namespace: default}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
)


def test_a_result_that_the_broker_could_not_take_outlives_a_killed_agent(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    settings: dict[str, str | float] = {"outbox_path": str(outbox), "ready_timeout_seconds": 3}
    with playing(tmp_path, settings, start=False) as play:
        play.activate()
        play.start()
        posted = play.post(JOB)
        wait_for(lambda: play.live("Job", "long", api="batch/v1"), "the Job to be written")
        play.stage.broker.stop()
        wait_for(lambda: "events not delivered" in play.log, f"the event to wait; log:\n{play.log}")
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("outbox*")} == {0o600}
        play.kill()

        play.stage.broker.start()
        attempts = play.log.count("attempt ended")
        play.start()
        event = play.event(posted)
        assert play.log.count("attempt ended") == attempts, "told from the file, before anything is tried again"
        assert event.status == "FAILURE"
        assert event.message is not None
        wait_for(lambda: play.log.count("attempt ended") > attempts, f"another attempt; log:\n{play.log}")
        assert len(play.events(posted)) == 1, "the same failure again is no news"
        assert play.stage.stop_agent() == 0

    with SqliteOutbox(outbox) as store:
        assert (store.open_count(), store.aside()) == (0, ())


def test_an_agent_whose_outbox_is_in_use_does_not_start_and_says_why(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    with SqliteOutbox(outbox), playing(tmp_path, {"outbox_path": str(outbox)}, start=False) as play:
        play.activate()
        posted = play.post(config_map("one"))
        play.start()
        wait_for(lambda: not play.stage.agent_alive, "the agent to end")

        assert play.stage.stop_agent() == 1
        assert "another process has it open; give every agent its own file" in play.log
        assert play.events(posted) == []
        assert play.live("ConfigMap", "one") is None
