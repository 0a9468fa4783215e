"""Code as users of the library write it. Never run: the type checker reads it.

A change that makes one of these lines an error breaks somebody's type check.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_type

import brokkr_core
from brokkr_core import (
    Action,
    ApplyPolicy,
    BrokerClient,
    Certificate,
    Conflicts,
    Contested,
    Edge,
    InputErrors,
    KubeClient,
    Limits,
    Manifest,
    MemoryJournal,
    ObjectRef,
    Outcome,
    Plan,
    Report,
    Reversibility,
    RunFacts,
    Undone,
    UndoPolicy,
    Verdict,
)
from brokkr_core.apply.recorder import Recorder
from brokkr_core.broker import CredentialSource, FilePak
from brokkr_core.broker.channel import (
    BrokerChannel,
    ChannelDown,
    ChannelEvent,
    ChannelLimits,
    ChannelState,
    Reason,
    ReconnectPolicy,
)
from brokkr_core.errors import BrokkrError
from brokkr_core.kube import Discovery, Resource, Transport
from brokkr_core.model.broker import DeploymentObject, HeartbeatReport
from brokkr_core.model.events import Event, ObjectFinished, Observer
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback import Entry, Finding, Predicates
from brokkr_core.testing.cluster import EmbeddedCluster

assert_type(brokkr_core.__version__, str)

# Parsing takes text, bytes, paths, files and chunks.
Stream = Iterator[Manifest]
from_text: Stream = brokkr_core.parse("kind: Namespace", source_name="stdin", limits=Limits(depth=8))
from_bytes: Stream = brokkr_core.parse(b"kind: Namespace", strict=True, on_error="collect")
from_path: Stream = brokkr_core.parse(Path("all.yaml"))
from_chunks: Stream = brokkr_core.parse(iter([b"kind: ", b"Namespace"]))
parsed = brokkr_core.parse_all("").checked()
assert_type(parsed.manifests, tuple[Manifest, ...])
assert_type(parsed.checksum, str)

# Ordering takes any iterable, lazy ones included.
plan = brokkr_core.order(from_text)
assert_type(plan, Plan)
assert_type(plan.waves, tuple[tuple[ObjectRef, ...], ...])
assert_type(plan.waits_for(plan.manifests[0].ref), tuple[Edge, ...])


# The extension points are protocols: a class of the user's own fits without inheriting.
class Lines:
    status = 200
    headers: Mapping[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"{}"])

    def close(self) -> None: ...


class Wire:
    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        return Response.of_json(200, {"path": request.path, "within": timeout_seconds})

    def stream(self, request: Request, *, timeout_seconds: float) -> Lines:
        return Lines()

    def close(self) -> None: ...


class Table:
    def find(self, group: str, version: str, kind: str) -> Resource | None:
        return Resource(group=group, version=version, kind=kind, plural=kind.lower() + "s", namespaced=True)


class Counting:
    total = 0

    def __call__(self, event: Event, /) -> None:
        match event:
            case ObjectFinished(outcome=outcome):
                assert_type(outcome.action, Action)
                self.total += 1
            case _:
                pass


transport: Transport = Wire()
observer: Observer = Counting()
recorder: Recorder = MemoryJournal()
credentials: CredentialSource = FilePak("/etc/brokkr/pak")


def apply_it(client: KubeClient, stop: Callable[[], bool]) -> Report:
    assert_type(client.discovery, Discovery)
    resolved = brokkr_core.resolve(parsed.manifests, client.discovery, namespace="shop")
    assert_type(resolved, tuple[Manifest, ...])
    brokkr_core.resolve(parsed.manifests, Table())
    restorable = frozenset({Reversibility.EXACT, Reversibility.VALUE_ONLY})
    policy = ApplyPolicy(conflicts=Conflicts.TAKE, workers=4, ready_timeout_seconds=60.0, allow=restorable)
    preview = brokkr_core.preview_plan(client, plan, policy=policy)
    assert_type(preview, Report)
    return brokkr_core.apply_plan(
        client, plan, policy=policy, observer=observer, recorder=recorder, before_writing=lambda: None, stop=stop
    )


def undo_it(client: KubeClient, journal: MemoryJournal) -> Verdict:
    entries = journal.entries()
    assert_type(entries, tuple[Entry, ...])
    undone = brokkr_core.undo(client, entries, policy=UndoPolicy(stability_seconds=5.0, contested=Contested.TAKE))
    assert_type(undone, Undone)
    assert_type(undone.findings, tuple[Finding, ...])
    assert_type(brokkr_core.verify(entries[0], None), Finding)
    assert_type(undone.findings[0].predicates, Predicates)
    now = datetime.now(UTC)
    facts = RunFacts(run_id="7", plan_digest="d", started=now, finished=now, engine=brokkr_core.__version__)
    certificate = brokkr_core.certify(undone, entries, facts, key=bytes(32))
    assert_type(certificate, Certificate)
    assert_type(certificate.to_json(), JsonObject)
    assert_type(undone.verdict.exit_code, int)
    return undone.verdict


def read_errors(error: InputErrors) -> list[str]:
    return [str(one) for one in error.errors]


def with_a_cluster(path: str) -> None:
    with brokkr_core.connect(path, context="prod", workers=16) as client:
        report = apply_it(client, threading.Event().is_set)
        assert_type(report.failed, tuple[Outcome, ...])
        assert_type(report.counts(), dict[str, int])


def with_a_broker(url: str) -> tuple[DeploymentObject, ...]:
    with BrokerClient.connect(url, pak=credentials, sleep=threading.Event().wait) as broker:
        return broker.agents.target_state("an-agent")


def with_a_channel(url: str) -> ChannelState:
    def look(reasons: frozenset[Reason]) -> None:
        assert_type(Reason.CONNECTED in reasons, bool)

    def hear(event: ChannelEvent, /) -> None:
        match event:
            case ChannelDown(error=error, retry_seconds=seconds):
                assert_type((error, seconds), tuple[BrokkrError, float])
            case _:
                pass

    limits, reconnect = ChannelLimits(ping_seconds=5.0), ReconnectPolicy(cap_seconds=30.0)
    with BrokerChannel.connect(
        url, agent_id="an-agent", pak=credentials, on_look=look, observe=hear, limits=limits, reconnect=reconnect
    ) as channel:
        assert_type(channel.offer(HeartbeatReport(k8s_reachable=True)), bool)
        assert_type(channel.close(timeout_seconds=1.0), bool)
        return channel.state


def with_an_embedded_cluster() -> KubeClient:
    return KubeClient(EmbeddedCluster().transport())
