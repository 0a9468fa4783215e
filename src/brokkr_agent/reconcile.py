"""One deployment, start to finish, on one screen."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, field, frozen

from brokkr_agent.owned import Owned, Searches
from brokkr_core.apply import (
    ApplyPolicy,
    Candidate,
    Entry,
    Inventory,
    InventoryStore,
    Memory,
    PrunePolicy,
    Pruner,
    StackKey,
    apply_plan,
    check_budget,
    leaving,
    preview_plan,
    resolve,
    survey,
)
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
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.wire import Stamp
from brokkr_core.ordering import order
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
    searches: Searches = field(factory=Searches)  #: shared by all deployments of a process


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
        self._owned = Owned(client=target.client, store=target.store, searches=target.searches)
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
            before_writing=lambda: self._owned.remember(revision.key, before.union(plan.by_ref)),
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
        return evolve(report, outcomes=report.outcomes + tuple(one.forecast() for one in gone))

    def plan(self, revision: Revision) -> Plan:
        """Order a revision: scope and namespaces decided, every object stamped as the stack's."""
        resolved = resolve(revision.manifests, self._client.discovery, namespace=self._target.namespace)
        return order(manifest.with_annotations(revision.stamp.annotations()) for manifest in resolved)

    def _prepare(self, revision: Revision) -> tuple[Plan, Inventory, tuple[Candidate, ...]]:
        """Return the plan, what the stack owns now, and what left it; refuse a prune that cannot be meant."""
        plan, rules = self.plan(revision), self._prune_rules(revision)
        wanted = revision.stamp.deployment_object_id
        before = self._owned.of(revision.key, revision=wanted, removal=revision.removal)
        left = leaving(before, plan.by_ref)
        gone = survey(self._client, revision.key, left, desired=plan.by_ref, policy=rules, stop=self._stop)
        check_budget(gone, before, len(plan.manifests), rules)
        self._observer(PlanMade(plan=plan, prune=tuple(one.ref for one in gone if one.goes)))
        return plan, before, gone

    def _commit(self, revision: Revision, report: Report, gone: tuple[Candidate, ...]) -> Report:
        """Everything is applied and ready: delete what left the stack and write down what is left of it."""
        pruner = Pruner(
            self._client,
            revision.key,
            policy=self._prune_rules(revision),
            applied=(outcome.uid for outcome in report.outcomes),
            observer=self._observer,
            stop=self._stop,
        )
        pruned = pruner.run(gone)
        entries = {one.ref: one.entry for one in gone}
        left = [entries[outcome.ref] for outcome in pruned if not outcome.ok]
        self._remember(revision, [Entry(ref=one.ref, uid=one.uid) for one in report.outcomes] + left)
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
            anew = {entry.ref for entry in entries if entry.deleted}  # back under uids that nobody has written down
            self._recall(revision, before.without_uids(anew))
        return evolve(report, verdict=str(undone.verdict), restored=lines)

    def _recall(self, revision: Revision, before: Inventory) -> None:
        """Write down again what the stack owned before the run; a stack that owned nothing leaves no trace."""
        if before == Inventory():
            self._owned.forget(revision.key)
        else:
            self._owned.remember(revision.key, before)

    def _remember(self, revision: Revision, entries: list[Entry]) -> None:
        if revision.removal and not entries:
            self._owned.forget(revision.key)
            return
        stamp = revision.stamp
        inventory = Inventory(
            entries=tuple(sorted(entries)), revision=stamp.deployment_object_id, checksum=stamp.checksum
        )
        self._owned.remember(revision.key, inventory)

    def _prune_rules(self, revision: Revision) -> PrunePolicy:
        return evolve(self._rules.prune, allow_empty=True) if revision.removal else self._rules.prune


def read(text: str, *, source: str) -> tuple[Manifest, ...]:
    """Parse a revision's text; every document that cannot be read is named.

    Raises:
        InputErrors: what is wrong, document by document.
    """
    return parse_all(text, source_name=source).checked().manifests
