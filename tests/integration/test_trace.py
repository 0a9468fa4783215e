"""Every request of one attempt carries the same trace id, whichever thread of the engine sends it."""

from __future__ import annotations

import re
import threading

from attrs import evolve

from brokkr_agent.lines import BrokerLine, ClusterLine
from brokkr_agent.trace import current_trace, new_trace, traced
from brokkr_core.apply import ReadyPolicy
from brokkr_core.kube import KubeClient
from brokkr_core.kube.transport import Stream, Transport
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster import EmbeddedCluster, Settings
from engine_play import QUICK
from prune_support import CRD, RULES, WIDGET, Lab
from stage_support import DEPLOYMENT, config_map

#: W3C Trace Context section 3.2.2: version, trace id, parent id, flags.
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")


class Wire:
    """Keeps what goes by, and who sent it."""

    def __init__(self, line: Transport) -> None:
        self._line = line
        self._lock = threading.Lock()
        self.seen: list[tuple[str, Request]] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self._keep(request)
        return self._line.send(request, timeout_seconds=timeout_seconds)

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        self._keep(request)
        return self._line.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        self._line.close()

    def _keep(self, request: Request) -> None:
        with self._lock:
            self.seen.append((re.sub(r"[-_0-9]+$", "", threading.current_thread().name), request))


class TracedLab(Lab):
    """A lab whose requests go by a wire that keeps them."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        super().__init__(cluster)
        self.wire = Wire(cluster.transport())
        self.client = KubeClient(ClusterLine(self.wire, lambda _heard: None))
        self.restart()


def traces(wire: Wire) -> set[str]:
    """The trace ids that went by; each request has to have one, and a span id that no other has."""
    found = [TRACEPARENT.fullmatch(request.headers.get("traceparent", "")) for _, request in wire.seen]
    missing = [(who, request.endpoint) for (who, request), one in zip(wire.seen, found, strict=True) if one is None]
    assert missing == []
    spans = [one.group(2) for one in found if one]
    assert len(set(spans)) == len(spans)
    return {one.group(1) for one in found if one}


def test_every_thread_of_a_run_sends_the_trace_of_its_attempt() -> None:
    failing = evolve(RULES, apply=evolve(QUICK, ready_timeout_seconds=0.5, ready=ReadyPolicy(late_seconds=0.05)))
    with EmbeddedCluster(Settings(controllers=True, deployment_ready_seconds=60.0)) as cluster:
        lab = TracedLab(cluster)
        trace = new_trace()
        with traced(trace):
            assert lab.deploy(CRD, WIDGET, config_map("stays"), config_map("leaves")).ok
            assert lab.deploy(CRD, WIDGET, config_map("stays", a="2")).ok
            failed = lab.deploy(config_map("stays", a="3"), DEPLOYMENT, rules=failing)

    assert not failed.ok
    assert traces(lab.wire) == {trace}
    senders = {who for who, _ in lab.wire.seen}
    assert {"MainThread", "apply", "preflight", "prune", "survey", "watch-pods"} <= senders
    assert any(who.startswith("watch-Deployment") for who in senders)


def test_two_attempts_at_once_do_not_mix() -> None:
    with EmbeddedCluster() as cluster:
        labs = {new_trace(): TracedLab(cluster) for _ in range(2)}

        def attempt(trace: str, lab: TracedLab, name: str) -> None:
            with traced(trace):
                lab.deploy(config_map(name), stack=name)

        threads = [
            threading.Thread(target=attempt, args=(trace, lab, f"stack-{place}"))
            for place, (trace, lab) in enumerate(labs.items())
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {trace: traces(lab.wire) for trace, lab in labs.items()} == {trace: {trace} for trace in labs}


def test_outside_of_an_attempt_nothing_is_sent_along() -> None:
    with EmbeddedCluster() as cluster:
        lab = TracedLab(cluster)
        with traced(new_trace()):
            assert len(current_trace()) == 32
        lab.deploy(config_map("one"))

    assert current_trace() == ""
    assert [request.endpoint for _, request in lab.wire.seen if "traceparent" in request.headers] == []


def test_the_broker_is_told_the_trace_and_every_try_is_a_span() -> None:
    sent: list[Request] = []

    class Broker:
        def send(self, request: Request, *, timeout_seconds: float) -> Response:
            sent.append(request)
            return Response(status=200)

        def close(self) -> None:
            pass

    line, asked = BrokerLine(Broker(), lambda _heard: None), Request(method="GET", path="/a", headers={"x": "y"})
    with traced("ab" * 16):
        line.send(asked, timeout_seconds=1.0)
        line.send(asked, timeout_seconds=1.0)
    line.send(asked, timeout_seconds=1.0)

    first, again, outside = (request.headers for request in sent)
    assert first["traceparent"].split("-")[1] == again["traceparent"].split("-")[1] == "ab" * 16
    assert first["traceparent"] != again["traceparent"]
    assert {**first, "traceparent": ""} == {"x": "y", "traceparent": ""}
    assert outside == {"x": "y"}
