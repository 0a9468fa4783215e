"""The fake broker's store of telemetry, which its WebSocket writes to (contract 7.1)."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from brokkr_core.testing.broker import Broker, ManualClock, deterministic
from brokkr_core.testing.broker.records_telemetry import K8sEventRow, PodLogRow
from brokkr_core.testing.broker.telemetry import keep_k8s_event, keep_pod_log
from fake_broker_support import UNKNOWN_ID, Door, new_agent, new_generator, new_stack


class Scene:
    """A broker with an agent and a stack."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.broker = Broker(sources=deterministic(clock=self.clock))
        self.door = Door(self.broker.handle, self.broker.admin_pak, self.clock)
        self.stack = new_stack(self.door, new_generator(self.door))
        self.agent = new_agent(self.door).id

    def event(self, reason: str) -> K8sEventRow:
        now = self.clock()
        return K8sEventRow(
            id=self.broker.sources.new_id(),
            agent_id=self.agent,
            stack_id=self.stack,
            observed_at=now,
            reason=reason,
            message="m",
            event_type="Normal",
            involved_object={"kind": "Pod", "name": "p"},
            created_at=now,
        )

    def line(self, text: str) -> PodLogRow:
        now = self.clock()
        return PodLogRow(
            id=self.broker.sources.new_id(),
            agent_id=self.agent,
            stack_id=self.stack,
            namespace="default",
            pod="p",
            container="c",
            ts=now,
            line=text,
            created_at=now,
        )

    def reasons(self, **query: str) -> list[object]:
        events = self.door.get(f"/stacks/{self.stack}/events", query=query).members["events"]
        assert isinstance(events, list)
        return [event["reason"] for event in events if isinstance(event, dict)]


def test_what_was_streamed_comes_back_newest_first_and_limited() -> None:
    scene = Scene()
    for reason in "abc":
        assert keep_k8s_event(scene.broker.state, scene.event(reason))
        scene.clock.advance(1)
    assert scene.reasons() == ["c", "b", "a"]
    assert scene.reasons(limit="2") == ["c", "b"]
    since = (scene.clock() - timedelta(seconds=2)).isoformat().replace("+00:00", "Z")
    assert scene.reasons(since=since) == ["c", "b"]


def test_lines_keep_the_order_of_their_coming_within_one_moment() -> None:
    scene = Scene()
    for text in ("one", "two"):
        assert keep_pod_log(scene.broker.state, scene.line(text))
    lines = scene.door.get(f"/stacks/{scene.stack}/logs").members["lines"]
    assert isinstance(lines, list)
    assert [line["line"] for line in lines if isinstance(line, dict)] == ["two", "one"]


def test_six_hours_are_the_end() -> None:
    scene = Scene()
    keep_k8s_event(scene.broker.state, scene.event("old"))
    scene.clock.advance(6 * 3600 + 61)
    assert scene.reasons(since="2001-01-01T00:00:00Z") == []
    assert list(scene.broker.state.k8s_events) == []


def test_what_points_nowhere_is_not_kept() -> None:
    scene = Scene()
    assert not keep_k8s_event(scene.broker.state, evolve(scene.event("x"), stack_id=UNKNOWN_ID))
    assert not keep_pod_log(scene.broker.state, evolve(scene.line("x"), agent_id=UNKNOWN_ID))
    assert scene.reasons() == []


def test_a_line_is_not_shown() -> None:
    assert "hunter2" not in repr(Scene().line("hunter2"))
