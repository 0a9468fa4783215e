"""Apply a plan as a whole: everything of it, or nothing, and proof of which."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve

from brokkr_core.apply import ApplyPolicy, Memory, apply_plan
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import Observer, silent
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.rollback.journal.header import Header
from brokkr_core.rollback.journal.journal import Journal, end
from brokkr_core.rollback.journal.store import JournalStore
from brokkr_core.rollback.put_back import COMMITTED, put_back
from brokkr_core.rollback.undo import UndoPolicy
from brokkr_core.rollback.verdict import Verdict


def apply_atomically(
    client: KubeClient,
    plan: Plan,
    *,
    store: JournalStore,
    header: Header,
    policy: ApplyPolicy | None = None,
    undo_policy: UndoPolicy | None = None,
    observer: Observer = silent,
    memory: Memory | None = None,
    stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Apply a plan; when it does not succeed, put everything back and prove it.

    A stop counts as a failure: what was begun is put back. A process that dies is seen to by ``recover``.

    Args:
        client: the cluster.
        plan: resolved manifests in order.
        store: where the run is recorded ahead of every change.
        header: which run; its manager has to be the policy's.
        policy: how to apply.
        undo_policy: how to put back.
        observer: hears of every object and of the rollback.
        memory: as for ``apply_plan``.
        stop: asked between operations.
        sleep: waits so many seconds.

    Returns:
        One outcome per object; without success also the verdict.

    Raises:
        JournalError: what would be replaced cannot be kept, or the journal cannot be ended.
        NetworkError, StoppedError: nothing was written.
    """
    journal = Journal(store, header)
    report = apply_plan(client, plan, policy=policy, observer=observer, recorder=journal, memory=memory, stop=stop)
    if report.ok:
        journal.commit(())
        end(journal.chain, COMMITTED)
        return report
    entries = journal.entries()
    if not entries:
        end(journal.chain, str(Verdict.NOT_NEEDED))
        return report
    because = f"{len(report.failed)} of {len(report.outcomes)} objects did not succeed"
    undone = put_back(
        client,
        journal.chain,
        entries,
        header=header,
        because=because,
        policy=undo_policy,
        observer=observer,
        sleep=sleep,
    )
    return evolve(report, verdict=str(undone.verdict), restored=undone.lines)
