"""One deployment, start to finish, on one screen."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from brokkr_agent.recovery import Recovery, left_lines, recall
from brokkr_agent.rules import Rollback, Rules
from brokkr_agent.target import Carried, Target
from brokkr_core.apply import (
    Candidate,
    Entry,
    Inventory,
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
from brokkr_core.apply.outcomes import OUTDATED
from brokkr_core.errors import BrokkrError
from brokkr_core.model.events import Observer, PlanMade, RunFinished, silent
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.wire import Stamp
from brokkr_core.ordering import order
from brokkr_core.rollback import Header, Journal, MemoryStore, Verdict, put_back
from brokkr_core.rollback.journal import end, plan_digest, tidy
from brokkr_core.rollback.put_back import COMMITTED

#: What is said of a run that ended because of a newer revision.
GOES_ON = "a newer revision of the stack is there, and goes on from what was written"


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
        outdated: whether there is a newer revision by now, so that this one is not worth waiting for.
    """

    def __init__(
        self,
        target: Target,
        rules: Rules,
        *,
        observer: Observer = silent,
        stop: Callable[[], bool] = lambda: False,
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._target = target
        self._client = target.client
        self._owned = target.owned
        #: Without a rollback a run is recorded as long as it goes on, and nowhere else.
        self._journals = MemoryStore() if rules.rollback is Rollback.OFF else target.journals
        self._rules = rules
        self._observer = observer
        self._stop = stop
        self._outdated = outdated

    def run(self, revision: Revision) -> Report:
        """Bring the stack to the revision.

        Args:
            revision: what the stack has to be.

        Returns:
            What became of every object. Without success the report says how far the run was put back.

        Raises:
            InputError: the revision cannot be carried out; nothing was written.
            JournalError: what would be replaced cannot be kept; nothing was written, or nothing more.
            NetworkError, ApiError: the cluster could not be asked; nothing was written.
            StoppedError: stopped before the first write.
        """
        unfinished = self._target.unfinished
        if revision.key in unfinished.stacks:
            Recovery(self._target, self._rules, observe=lambda _stack_id: self._observer).of(revision.key)
        plan, before, gone = self._prepare(revision)
        carried = unfinished.carried.get(revision.key) or Carried(inventory=before)
        journal = self._journal(revision, plan, carried)

        def begin() -> None:
            unfinished.hand_over(revision.key)
            self._owned.remember(revision.key, before.union(plan.by_ref))

        try:
            report = apply_plan(
                self._client,
                plan,
                policy=self._rules.apply,
                observer=self._observer,
                recorder=journal,
                memory=self._target.memory,
                before_writing=begin,
                stop=self._stop,
                outdated=self._outdated,
            )
            if report.ok:
                report = self._commit(revision, report, gone, journal)
            else:
                report = self._back_out(revision, carried, report, journal)
        finally:
            if journal.chain.open:
                unfinished.stacks.add(revision.key)
        self._observer(RunFinished(report=report))
        return report

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
        resolved = resolve(
            revision.manifests, self._client.discovery, namespace=self._target.namespace, only=self._client.only
        )
        return order(manifest.with_annotations(revision.stamp.annotations()) for manifest in resolved)

    def _prepare(self, revision: Revision) -> tuple[Plan, Inventory, tuple[Candidate, ...]]:
        """Return the plan, what the stack owns now, and what left it; refuse a prune that cannot be meant."""
        plan, rules = self.plan(revision), self._prune_rules(revision)
        wanted = revision.stamp.deployment_object_id
        before = self._owned.of(revision.key, revision=wanted, removal=revision.removal)
        left = leaving(before, plan.by_ref)
        gone = survey(self._client, revision.key, left, desired=plan.by_ref, policy=rules, stop=self._stop)
        carried = self._target.unfinished.carried.get(revision.key, Carried(inventory=before))
        counted, stood = carried.stood(gone, before) if plan.manifests else (gone, before)
        check_budget(counted, stood, len(plan.manifests), rules)
        self._observer(PlanMade(plan=plan, prune=tuple(one.ref for one in gone if one.goes)))
        return plan, before, gone

    def _journal(self, revision: Revision, plan: Plan, carried: Carried) -> Journal:
        """Open the record of a run."""
        header = Header(
            stack_id=revision.key.stack_id,
            owner_id=revision.key.owner_id,
            revision=revision.stamp.deployment_object_id,
            checksum=revision.stamp.checksum,
            plan_digest=plan_digest(plan, revision.stamp.checksum),
            manager=self._rules.apply.manager,
            token=self._target.token(),
            inventory=carried.inventory,
        )
        return Journal(self._journals, header, carried=carried.entries)

    def _commit(self, revision: Revision, report: Report, gone: tuple[Candidate, ...], journal: Journal) -> Report:
        """Everything is applied and ready: delete what left the stack and write down what is left of it."""
        desired = [one.body for one in revision.manifests] if self._rules.keep_revisions else None
        journal.commit([(one.ref, one.entry.uid) for one in gone if one.goes], desired=desired)
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
        self._end(revision, journal, COMMITTED)
        return evolve(report, outcomes=report.outcomes + pruned)

    def _back_out(self, revision: Revision, carried: Carried, report: Report, journal: Journal) -> Report:
        """The run failed: put it back and prove it, unless told to stop or to leave it."""
        entries = journal.entries()
        if self._stop() and not self._rules.undo_when_stopped:
            return report  # the journal stays open, and the next start sees to it
        if not entries:
            self._end(revision, journal, str(Verdict.NOT_NEEDED))
            return report
        if self._rules.rollback is not Rollback.BUNDLE:
            self._end(revision, journal, str(Verdict.NOT_ATTEMPTED))
            lines = left_lines(entries) if self._rules.rollback is Rollback.REPORT else ()
            return evolve(report, verdict=str(Verdict.NOT_ATTEMPTED), restored=lines)
        if all(one.code == OUTDATED for one in report.failed):
            journal.chain.flush_quietly()  # whoever goes on has to be the only one who writes into it
            return evolve(report, verdict=str(Verdict.NOT_ATTEMPTED), restored=(GOES_ON,))  # as after a stop
        because = f"{len(report.failed)} of {len(report.outcomes)} objects did not succeed"
        chain = journal.chain if journal.chain.begun else carried.chain or journal.chain
        try:
            undone = put_back(
                self._client,
                chain,
                entries,
                header=journal.header,
                because=because,
                policy=self._rules.undo,
                before_end=lambda undone: recall(self._owned, revision.key, carried.inventory, undone, entries),
                observer=self._observer,
            )
        except BrokkrError as error:  # the journal stays open: the next run of the stack ends what was begun here
            return evolve(report, verdict=str(Verdict.UNVERIFIABLE), restored=(str(error),))
        self._target.unfinished.carried.pop(revision.key, None)
        self._tidy(revision)
        return evolve(report, verdict=str(undone.verdict), restored=undone.lines)

    def _end(self, revision: Revision, journal: Journal, how: str) -> None:
        end(journal.chain, how)
        if journal.chain.begun:
            self._tidy(revision)

    def _tidy(self, revision: Revision) -> None:
        tidy(self._journals, prefix=revision.key.digest, keep=self._rules.journals_kept)

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
