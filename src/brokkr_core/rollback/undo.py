"""A rollback from start to verdict: put back, wait, read again, compare, and once more after a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve, field, frozen

from brokkr_core.apply.readiness import State, assess
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.look import look
from brokkr_core.rollback.restore import Attempt, Restorer
from brokkr_core.rollback.verdict import Finding, ObjectState, Verdict, aggregate, worse
from brokkr_core.rollback.verify import unread, verify

#: States that claim the object works as it did before, as far as it is ours.
_VALUES_BACK = frozenset(
    {
        ObjectState.RESTORED_EXACT,
        ObjectState.RESTORED_VALUES_ONLY,
        ObjectState.RESTORED_NEW_IDENTITY,
        ObjectState.FOREIGN_ONLY,
    }
)


@frozen(kw_only=True)
class UndoPolicy:
    """How long a rollback may take. All times in seconds."""

    settle_timeout_seconds: float = 120.0  #: for deletions to finish and workloads to be as healthy as before
    stability_seconds: float = 10.0  #: the comparison must hold at both ends of this window
    poll_seconds: float = 1.0


@frozen(kw_only=True)
class Undone:
    """The verdict, and what it rests on."""

    verdict: Verdict
    findings: tuple[Finding, ...] = field(factory=tuple)


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
        policy: how long to wait.
        sleep: waits so many seconds.
        clock: seconds that never go back.

    Returns:
        The verdict and one finding per recorded object, in the order they were put back.
    """
    rules = policy or UndoPolicy()
    restorer = Restorer(client)
    attempts = restorer.run(entries)
    deadline = clock() + rules.settle_timeout_seconds
    findings = _judge(client, attempts)
    while any(_may_settle(finding) for finding in findings) and clock() < deadline:
        sleep(rules.poll_seconds)
        attempts = restorer.go_on(attempts)
        findings = _judge(client, attempts)
    if attempts and rules.stability_seconds:
        sleep(rules.stability_seconds)
        findings = tuple(map(worse, findings, _judge(client, attempts)))
    return Undone(verdict=aggregate(findings), findings=findings)


def _judge(client: KubeClient, attempts: tuple[Attempt, ...]) -> tuple[Finding, ...]:
    """Read everything again and compare it with the record."""
    reads: dict[ObjectRef, JsonObject | None] = {}
    for attempt in attempts:
        try:
            reads[attempt.entry.ref] = look(client, attempt.entry)
        except BrokkrError:
            continue  # what cannot be read is named as such below
    entries = tuple(attempt.entry for attempt in attempts)
    missing = {finding.ref: finding for finding in unread(entries, reads)}
    return tuple(missing.get(one.entry.ref) or _finding(one, reads[one.entry.ref]) for one in attempts)


def _finding(attempt: Attempt, live: JsonObject | None) -> Finding:
    finding = verify(attempt.entry, live, contested=attempt.contested)
    if finding.state in _VALUES_BACK and attempt.entry.before is not None and live is not None:
        return _health(finding, attempt.entry.before, live)
    if attempt.kept and finding.state is ObjectState.NOT_RESTORED:
        return evolve(finding, state=ObjectState.RETAINED_GUARDED, note=attempt.kept)
    if attempt.problem and finding.state is not ObjectState.DELETED_CREATED:
        return evolve(finding, note=attempt.problem)
    return finding


def _health(finding: Finding, before: JsonObject, live: JsonObject) -> Finding:
    """An object that was ready before has to be ready again (P9)."""
    now = assess(live)
    if now.state is State.READY or assess(before).state is not State.READY:
        return finding
    note = f"values are back, but it is not as healthy as before: {now}"
    return evolve(finding, state=ObjectState.NOT_RESTORED, paths=(), note=note)  # without paths: it may still settle


def _may_settle(finding: Finding) -> bool:
    """Whether waiting can still improve it: deletions under way, workloads still rolling back."""
    if finding.state is ObjectState.NOT_RESTORED:
        return not finding.paths
    return finding.state in (ObjectState.STUCK_TERMINATING, ObjectState.UNVERIFIABLE)
