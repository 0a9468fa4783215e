"""A rollback from start to verdict: put back, wait, read again, compare, and once more after a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from attrs import evolve, field, frozen

from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import DEFINITION
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import MANAGER
from brokkr_core.rollback.attempt import Attempt, Contested
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.judge import Judge, Look
from brokkr_core.rollback.restore import Restorer
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict, aggregate, worse, worst


@frozen(kw_only=True)
class UndoPolicy:
    """How a rollback goes about it, and how long it may take. All times in seconds."""

    settle_timeout_seconds: float = 120.0  #: for deletions to finish and workloads to be as healthy as before
    stability_seconds: float = 10.0  #: the comparison must hold at both ends of this window
    poll_seconds: float = 1.0
    contested: Contested = Contested.KEEP  #: who wins where somebody has written to what is ours since
    manager: str = MANAGER  #: the field manager the run applied with


@frozen(kw_only=True)
class Timing:
    """How long the parts of a rollback took, in seconds of a clock that never goes back."""

    restoring_seconds: float = 0.0
    settling_seconds: float = 0.0
    window_seconds: float = 0.0


@frozen(kw_only=True)
class Undone:
    """The verdict, and what it rests on."""

    verdict: Verdict
    findings: tuple[Finding, ...] = field(factory=tuple)
    timing: Timing = field(factory=Timing)
    steady: bool | None = None  #: P10: nothing got worse within the window; None without a window
    inventory: bool | None = None  #: P8: the stack owns what it owned before; None while nobody has compared
    bodies: dict[ObjectRef, JsonObject | None] = field(factory=dict, repr=False)  #: as read last, for the certificate

    @property
    def lines(self) -> tuple[str, ...]:
        """What became of every object, a line each, for people."""
        return tuple(str(finding) for finding in self.findings)

    def with_inventory(self, kept: bool) -> Undone:
        """Return it judged by the inventory as well (P8): without it nothing is called verified."""
        verdict = self.verdict if kept else worst(self.verdict, Verdict.PARTIAL)
        return evolve(self, verdict=verdict, inventory=kept)


def undo(
    client: KubeClient,
    entries: tuple[Entry, ...],
    *,
    policy: UndoPolicy | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Undone:
    """Put a run back and prove it.

    Args:
        client: the cluster.
        entries: the run's record, oldest write first.
        policy: how, and how long to wait.
        sleep: waits so many seconds.
        clock: seconds that never go back.

    Returns:
        The verdict and one finding per recorded object, in the order they were put back.
    """
    rules, started = policy or UndoPolicy(), clock()
    restorer = Restorer(client, contested=rules.contested)
    judge = Judge(client, manager=rules.manager)
    attempts = restorer.run(entries)
    restored = clock()
    look = judge.look(attempts)
    while _unsettled(attempts, look) and clock() < restored + rules.settle_timeout_seconds:
        sleep(rules.poll_seconds)
        attempts = restorer.go_on(attempts)
        look = judge.look(attempts)
    settled = clock()
    findings, steady = look.findings, None
    if attempts and rules.stability_seconds:
        sleep(rules.stability_seconds)
        last = judge.look(attempts)
        findings = tuple(map(worse, look.findings, last.findings))
        steady, look = findings == look.findings, last
    _forget_kinds(client, findings)
    timing = Timing(
        restoring_seconds=restored - started, settling_seconds=settled - restored, window_seconds=clock() - settled
    )
    return Undone(verdict=aggregate(findings), findings=findings, timing=timing, steady=steady, bodies=look.bodies)


def _forget_kinds(client: KubeClient, findings: tuple[Finding, ...]) -> None:
    """Let the client notice that what was defined by the run is not served any more."""
    if any(one.ref.group_kind == DEFINITION and one.state is ObjectState.DELETED_CREATED for one in findings):
        with suppress(BrokkrError):  # whoever asks for such a kind next will hear it all the same
            client.discovery.refresh()


def _unsettled(attempts: tuple[Attempt, ...], look: Look) -> bool:
    return look.may_settle or any(attempt.pending for attempt in attempts)
