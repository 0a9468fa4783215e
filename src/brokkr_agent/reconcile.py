"""One deployment, start to finish, on one screen."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, field, frozen

from brokkr_core.apply import (
    ApplyPolicy,
    Inventory,
    InventoryStore,
    Memory,
    PrunePolicy,
    Pruner,
    StackKey,
    adopt,
    apply_plan,
    check_budget,
    leaving,
    preview_plan,
    resolve,
)
from brokkr_core.apply import Entry as Owned
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.events import (
    Observer,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
    silent,
)
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.wire import Stamp
from brokkr_core.ordering import delete_order, order
from brokkr_core.rollback import MemoryJournal, UndoPolicy, Verdict, undo


@frozen(kw_only=True)
class Rules:
    """What a deployment may do. ``rollback`` off leaves a failed revision as it stands."""

    apply: ApplyPolicy
    prune: PrunePolicy
    undo: UndoPolicy
    rollback: bool = True


@frozen(kw_only=True)
class Target:
    """The cluster a deployment goes to, and where its records are kept."""

    client: KubeClient
    store: InventoryStore
    namespace: str = "default"  #: for namespaced objects that name none (contract 11.4)
    memory: Memory = field(factory=Memory, repr=False)  #: of objects seen as wanted; shared by all stacks


@frozen(kw_only=True)
class Revision:
    """One revision of a stack: who it belongs to and what it wants. A removal wants nothing and says so."""

    stamp: Stamp
    manifests: tuple[Manifest, ...] = ()
    removal: bool = False

    @property
    def key(self) -> StackKey:
        """The inventory it is kept under."""
        return StackKey(stack_id=self.stamp.stack_id, owner_id=self.stamp.owner_id)


class Deployment:
    """Brings a stack to a revision, or back to where it was.

    Args:
        target: where to.
        rules: how.
        observer: hears of every step.
        stop: asked between operations.
    """

    def __init__(
        self, target: Target, rules: Rules, *, observer: Observer = silent, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._target = target
        self._client = target.client
        self._rules = rules
        self._observer = observer
        self._stop = stop

    def run(self, revision: Revision) -> Report:
        """Bring the stack to the revision.

        Args:
            revision: what the stack has to be.

        Returns:
            What became of every object. Without success the report says how far the run was put back.

        Raises:
            InputError: the revision cannot be carried out; nothing was written.
            NetworkError, ApiError: the cluster could not be asked; nothing was written.
            StoppedError: stopped before the first write.
        """
        plan, before, gone = self._prepare(revision)

        journal = MemoryJournal()
        report = apply_plan(
            self._client,
            plan,
            policy=self._rules.apply,
            observer=self._observer,
            recorder=journal,
            memory=self._target.memory,
            before_writing=lambda: self._target.store.save(revision.key, before.union(plan.by_ref)),
            stop=self._stop,
        )
        finish = (
            self._commit(revision, report, gone) if report.ok else self._back_out(revision, before, report, journal)
        )
        self._observer(RunFinished(report=finish))
        return finish

    def preview(self, revision: Revision) -> Report:
        """Let the server say what ``run`` would do; nothing is written.

        Raises:
            InputError, NetworkError, ApiError: as ``run``.
        """
        plan, _, gone = self._prepare(revision)
        report = preview_plan(self._client, plan, policy=self._rules.apply, memory=self._target.memory)
        pruned = tuple(Outcome(ref=entry.ref, action=Action.PRUNED) for entry in gone)
        return evolve(report, outcomes=report.outcomes + pruned)

    def plan(self, revision: Revision) -> Plan:
        """Order a revision: scope and namespaces decided, every object stamped as the stack's."""
        resolved = resolve(revision.manifests, self._client.discovery, namespace=self._target.namespace)
        return order(manifest.with_annotations(revision.stamp.annotations()) for manifest in resolved)

    def owned(self, key: StackKey) -> Inventory:
        """Return what the stack owns; a stack never seen before is searched for by annotation, once."""
        return self._target.store.load(key) or adopt(self._client, key)

    def _prepare(self, revision: Revision) -> tuple[Plan, Inventory, tuple[Owned, ...]]:
        """Return the plan, what the stack owns now, and what of it would go; refuse a prune that cannot be meant."""
        plan = self.plan(revision)
        before = self.owned(revision.key)
        gone = leaving(before, plan.by_ref)
        check_budget(gone, before, len(plan.manifests), self._prune_rules(revision))
        self._observer(PlanMade(plan=plan, prune=tuple(entry.ref for entry in gone)))
        return plan, before, gone

    def _commit(self, revision: Revision, report: Report, gone: tuple[Owned, ...]) -> Report:
        """Everything is applied and ready: delete what left the stack and write down what is left of it."""
        entries = {entry.ref: entry for entry in gone}
        pruner = Pruner(
            self._client,
            revision.key,
            policy=self._prune_rules(revision),
            observer=self._observer,
            stop=self._stop,
        )
        pruned = pruner.run(entries[ref] for ref in delete_order(entries, ()))
        left = [entries[outcome.ref] for outcome in pruned if not outcome.ok]
        self._remember(revision, [Owned(ref=one.ref, uid=one.uid) for one in report.outcomes] + left)
        return evolve(report, outcomes=report.outcomes + pruned)

    def _back_out(self, revision: Revision, before: Inventory, report: Report, journal: MemoryJournal) -> Report:
        """The run failed: put it back and prove it, unless told to stop or to leave it."""
        entries = journal.entries()
        if self._stop() or not entries:
            return report
        if not self._rules.rollback:
            return evolve(report, verdict=str(Verdict.NOT_ATTEMPTED))
        because = f"{len(report.failed)} of {len(report.outcomes)} objects did not succeed"
        self._observer(RollbackStarted(because=because, objects=tuple(entry.ref for entry in entries)))
        undone = undo(self._client, entries, policy=self._rules.undo)
        lines = tuple(str(finding) for finding in undone.findings)
        self._observer(RollbackFinished(verdict=undone.verdict, lines=lines))
        if undone.verdict in (Verdict.VERIFIED_EXACT, Verdict.VERIFIED_EQUIVALENT):
            self._recall(revision, before)
        return evolve(report, verdict=str(undone.verdict), restored=lines)

    def _recall(self, revision: Revision, before: Inventory) -> None:
        """Write down again what the stack owned before the run; a stack that owned nothing leaves no trace."""
        if before == Inventory():
            self._target.store.forget(revision.key)
        else:
            self._target.store.save(revision.key, before)

    def _remember(self, revision: Revision, entries: list[Owned]) -> None:
        if revision.removal and not entries:
            self._target.store.forget(revision.key)
            return
        stamp = revision.stamp
        inventory = Inventory(
            entries=tuple(sorted(entries)), revision=stamp.deployment_object_id, checksum=stamp.checksum
        )
        self._target.store.save(revision.key, inventory)

    def _prune_rules(self, revision: Revision) -> PrunePolicy:
        return evolve(self._rules.prune, allow_empty=True) if revision.removal else self._rules.prune


def read(text: str, *, source: str) -> tuple[Manifest, ...]:
    """Parse a revision's text; every document that cannot be read is named.

    Raises:
        InputErrors: what is wrong, document by document.
    """
    return parse_all(text, source_name=source).checked().manifests
