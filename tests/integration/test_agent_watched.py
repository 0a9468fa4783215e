"""A running agent tells the truth about itself over HTTP, and asking it costs nobody a request."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brokkr_core.model.json import as_object
from brokkr_core.testing.cluster import FaultPlan, FaultRule, Refuse
from stage_support import Play, config_map, playing, wait_for
from watch_support import Window, free_port

BROKEN = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, namespace: default, labels: {'no good': x}}\n"


@contextmanager
def watched(folder: Path, settings: dict[str, str | float] | None = None) -> Iterator[tuple[Play, Window]]:
    port = free_port()
    with playing(folder, {"health_port": port, "health_address": "127.0.0.1", **(settings or {})}) as play:
        window = Window(port)
        wait_for(window.is_ready, f"a ready agent; log:\n{play.log}")
        yield play, window


def applies(play: Play) -> int:
    """Count the server-side applies that the cluster has answered, dry runs left out."""
    return sum(one.method == "PATCH" and "dryRun" not in one.query for one in list(play.stage.embedded.requests))


def test_good_and_bad_deployments_are_counted_as_they_ended(tmp_path: Path) -> None:
    with watched(tmp_path) as (play, window):
        assert play.event(play.post(config_map("one") + config_map("two"))).status == "SUCCESS"
        other = play.add_stack("other")
        assert play.event(play.post(BROKEN, stack=other)).status == "FAILURE"
        assert play.event(play.post("apiVersion: v1\nkind: ConfigMap\n", stack=other)).status == "FAILURE"
        wait_for(
            lambda: window.value("kubernetes_operations_total", operation="apply") == applies(play),
            "the agent to have counted as the cluster has",
        )
        series = window.series()

        def value(name: str, **labels: str) -> float | None:
            return series.get((f"brokkr_agent_{name}", frozenset(labels.items())))

        assert value("deployments_total", result="success") == 1
        assert (value("deployments_total", result="refused") or 0) >= 1
        assert (value("deployments_total", result="error") or 0) >= 1
        assert value("resources_total", action="created") == 2
        assert value("deployment_duration_seconds_count", phase="total", result="success") == 1
        assert (value("poll_requests_total", status="success") or 0) >= 1
        assert (value("heartbeat_sent_total") or 0) >= 1
        assert (value("last_successful_poll_timestamp") or 0) > 1.7e9
        assert value("broker_circuit_state", endpoint="poll", state="closed") == 1
        assert value("component_up", component="kubernetes") == 1
        assert value("component_up", component="broker_ws") == 1
        assert [value("broker_connected", channel=channel) for channel in ("rest", "ws")] == [1, 1]
        assert (value("ws_messages_total", direction="in", type="stack_changed") or 0) >= 1
        assert value("ws_dropped_total", lane="telemetry") is not None
        assert (value("stack_last_success_timestamp_seconds", stack_id=play.stack.id) or 0) > 1.7e9
        assert (value("stack_failures_in_a_row", stack_id=other.id) or 0) >= 1
        assert value("stacks_failing") == 1
        assert (series["process_resident_memory_bytes", frozenset()]) > 10_000_000


def test_every_loop_has_series_of_its_own_under_the_name_that_the_reference_gives_it(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metrics.md"
    (row,) = re.findall(r"^\| `worker` \| (.*) \|$", page.read_text(), re.MULTILINE)
    with watched(tmp_path, {"control_port": free_port(), "progress_events": "true"}) as (play, window):
        assert play.event(play.post(config_map("one"))).status == "SUCCESS"
        labels = [dict(labels) for name, labels in window.series() if name == "brokkr_agent_worker_stuck"]

        assert {one["worker"] for one in labels} == {*re.findall(r"`([a-z-]+)`", row)}


def test_the_series_of_a_stack_go_with_it_and_others_stay(tmp_path: Path) -> None:
    with watched(tmp_path) as (play, window):
        other = play.add_stack("other")
        for stack in (play.stack, other):
            assert play.event(play.post(config_map(stack.name), stack=stack)).status == "SUCCESS"
        assert len([labels for name, labels in window.series() if "stack_last" in name]) == 2
        play.stage.operator.agents.targets.remove(play.agent_id, other.id)

        def left() -> bool:
            return not [labels for _, labels in window.series() if ("stack_id", other.id) in labels]

        wait_for(left, "the series to go")
        assert window.value("stack_failures_in_a_row", stack_id=play.stack.id) == 0


def test_without_its_broker_an_agent_is_alive_and_ready_and_says_what_is_wrong(tmp_path: Path) -> None:
    with watched(tmp_path) as (play, window):
        wait_for(lambda: window.value("poll_requests_total", status="success"), "the first poll: before it, it ends")
        play.stage.broker.stop()
        wait_for(lambda: window.ask("/health")[0] == 503, "the agent to notice")
        told = as_object(json.loads(window.ask("/health?verbose")[1]))
        broker = as_object(as_object(told["components"])["broker"])

        assert as_object(told["kubernetes"]) == {"connected": True}
        assert (broker["state"], as_object(told["broker"])["connected"]) == ("down", False)
        assert broker["last_error"]
        assert broker["last_success"]
        assert window.ask("/readyz") == (200, "Ready")
        assert window.ask("/livez") == (200, "OK")
        assert window.value("component_up", component="broker") == 0
        assert as_object(as_object(told["components"])["broker_ws"])["state"] == "down"
        assert window.value("broker_connected", channel="ws") == 0

        play.stage.broker.start()
        wait_for(lambda: window.ask("/health")[0] == 200, "the agent to recover")


def test_without_its_cluster_an_agent_is_alive_and_not_ready(tmp_path: Path) -> None:
    with watched(tmp_path) as (play, window):
        play.stage.embedded.break_with(FaultPlan(rules=[FaultRule(effect=Refuse(status=500), path="^/version$")]))
        wait_for(lambda: window.ask("/readyz") == (503, "Kubernetes API unavailable"), "the agent to notice")
        assert window.ask("/livez") == (200, "OK")
        assert window.ask("/healthz") == (200, "OK")
        assert (window.value("kubernetes_request_errors_total", operation="version", code="500") or 0) >= 1

        play.stage.embedded.break_with(FaultPlan())
        wait_for(window.is_ready, "the agent to recover")


def test_probing_asks_neither_the_cluster_nor_the_broker(tmp_path: Path) -> None:
    silent: dict[str, str | float] = {"polling_interval": 3600, "kube_event_uid_cache_cap": 0, "pod_log_containers": 0}
    with watched(tmp_path, silent) as (play, window):
        wait_for(lambda: window.value("poll_requests_total", status="success"), "the first poll")
        requests = len(play.stage.embedded.requests)
        sent = {key: value for key, value in window.series().items() if "broker_requests_total" in key[0]}
        for _ in range(50):
            for path in ("/readyz", "/livez?verbose", "/health?verbose", "/metrics"):
                assert window.ask(path)[0] == 200

        renewals = [one for one in list(play.stage.embedded.requests)[requests:] if "/leases/" not in one.path]
        assert renewals == []
        assert {key: value for key, value in window.series().items() if "broker_requests_total" in key[0]} == sent


def test_an_agent_whose_port_is_taken_deploys_all_the_same(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with playing(tmp_path, {"health_port": port, "health_address": "127.0.0.1"}) as play:
            assert play.event(play.post(config_map("one"))).status == "SUCCESS"
            assert f"agent.health_port {port}" in play.log
            assert play.stage.stop_agent() == 0


def test_what_is_told_names_no_secret(tmp_path: Path) -> None:
    secret = "c2VjcmV0LWNhbmFyeQ=="
    text = f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: default}}\ndata: {{k: {secret}}}\n"
    with watched(tmp_path) as (play, window):
        assert play.event(play.post(text)).status == "SUCCESS"
        pak = (tmp_path / "pak").read_text()
        told = "".join(window.ask(path)[1] for path in ("/health?verbose", "/livez?verbose", "/metrics"))

        assert len(told) > 1000
        assert pak not in told
        assert secret not in told
