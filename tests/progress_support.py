"""Small attempts, told event by event."""

from __future__ import annotations

from datetime import UTC, datetime

from brokkr_agent.deployments import Begun, Deployments, News
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import Event, ObjectFinished, ObjectStarted, ObjectWaiting, PlanMade
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering import order
from clock_support import ObedientClock

AT = datetime(2026, 8, 2, 10, 0, tzinfo=UTC)
BEGUN = Begun(stack_id="s1", deployment_object_id="d1", sequence_id=7, at=AT)


def a_map(name: str) -> ObjectRef:
    return ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name=name)


ONE, TWO, GONE = a_map("one"), a_map("two"), a_map("gone")


def planned(*refs: ObjectRef, prune: tuple[ObjectRef, ...] = ()) -> PlanMade:
    manifests = [
        Manifest(
            ref=ref,
            body={
                "apiVersion": ref.api_version,
                "kind": ref.kind,
                "metadata": {"name": ref.name, "namespace": ref.namespace},
            },
        )
        for ref in refs
    ]
    return PlanMade(plan=order(manifests), prune=prune)


def started(ref: ObjectRef) -> ObjectStarted:
    return ObjectStarted(ref=ref)


def waiting(ref: ObjectRef, reason: str = "0 of 1 ready") -> ObjectWaiting:
    return ObjectWaiting(ref=ref, reason=reason)


def finished(ref: ObjectRef, action: Action = Action.CREATED, message: str = "", uid: str = "u1") -> ObjectFinished:
    return ObjectFinished(outcome=Outcome(ref=ref, action=action, message=message, uid=uid))


def revision(
    stack_id: str = "s1", identity: str = "d1", sequence: int = 7, *, marker: bool = False
) -> DeploymentObject:
    return DeploymentObject(
        id=identity,
        stack_id=stack_id,
        sequence_id=sequence,
        yaml_content="",
        yaml_checksum="",
        is_deletion_marker=marker,
    )


class Troupe:
    """A board with a clock of its own, and everything it told."""

    def __init__(self) -> None:
        self.clock = ObedientClock()
        self.board = Deployments(trace=lambda: "trace", clock=self.clock.now)
        self.news: list[News] = []
        self.board.listen(self.news.append)

    def play(
        self,
        *events: Event,
        of: DeploymentObject | None = None,
        ok: bool | None = True,
        verdict: str = "",
        message: str = "",
    ) -> None:
        """Play one attempt; with ``ok`` None it goes on."""
        chosen = of or revision()
        self.board.began(chosen.stack_id, chosen)
        observer = self.board.observer(chosen.stack_id)
        for event in events:
            self.clock.seconds += 0.1
            observer(event)
        if ok is not None:
            self.board.ended(chosen.stack_id, ok=ok, verdict=verdict, message=message)
