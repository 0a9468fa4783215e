"""What a process left in the middle: gone on with, or put back, before anything else happens to the stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from brokkr_agent.audit.work import working
from brokkr_agent.owned import Owned
from brokkr_agent.rules import AfterCrash, Rules
from brokkr_agent.target import Carried, Target
from brokkr_core.apply import Entry as Owns
from brokkr_core.apply import Inventory, StackKey
from brokkr_core.errors import JournalError
from brokkr_core.model.events import Observer, silent
from brokkr_core.rollback import (
    Entry,
    Leftover,
    ObjectState,
    Recovered,
    Undone,
    leftovers,
    put_leftover_back,
    resumable,
    verify_inventory,
)
from brokkr_core.rollback.inventory import LEFT_STANDING
from brokkr_core.rollback.journal import end
from brokkr_core.rollback.put_back import RESUMED
from brokkr_core.rollback.verdict import NOT_BACK

#: After these somebody still has to see to the object, so that the stack must not forget it.
_NOT_IN_PLACE = NOT_BACK | {ObjectState.UNVERIFIABLE, ObjectState.STUCK_TERMINATING}


class Recovery:
    """Sees to runs that were begun and not ended. Only who holds the owner's Lease may use it.

    Args:
        target: where to.
        rules: whether to go on or to put back.
        observe: makes the observer of one run that is put back, from its stack's id.
    """

    def __init__(
        self, target: Target, rules: Rules, *, observe: Callable[[str], Observer] = lambda _stack_id: silent
    ) -> None:
        self._target = target
        self._rules = rules
        self._observe = observe

    def of(self, key: StackKey) -> tuple[Recovered, ...]:
        """See to the runs of one stack."""
        found = self._see_to(leftovers(self._target.journals, prefix=key.digest))
        self._target.unfinished.stacks.discard(key)
        return found

    def of_all(self, on_damage: Callable[[str, JournalError], None]) -> tuple[Recovered, ...]:
        """See to the runs of all stacks.

        Args:
            on_damage: hears of a journal that is not whole.

        Returns:
            Those that were put back, or had been committed. The others are carried by the next run of their stack.

        Raises:
            JournalError: a journal cannot be ended.
            ApiError, NetworkError: the cluster did not answer; try again later.
        """
        return self._see_to(leftovers(self._target.journals, on_damage=on_damage))

    def _see_to(self, found: Iterable[Leftover]) -> tuple[Recovered, ...]:
        by_stack: dict[StackKey, list[Leftover]] = {}
        for one in found:
            by_stack.setdefault(one.told.header.stack, []).append(one)
        return tuple(done for key, runs in by_stack.items() for done in self._stack(key, runs))

    def _stack(self, key: StackKey, runs: list[Leftover]) -> Iterable[Recovered]:
        """Newest first: each was begun on what the one before it had left."""
        if self._rules.after_crash is AfterCrash.RESUME:
            runs = self._taken_over(runs)
        if self._rules.after_crash is AfterCrash.RESUME and len(runs) == 1 and not runs[0].told.committed:
            entries = resumable(self._target.client, runs[0])
            if entries is not None:
                inventory = runs[0].told.header.inventory
                self._target.unfinished.carried[key] = Carried(
                    inventory=inventory, entries=entries, chain=runs[0].chain
                )
                return
        for run in runs:
            yield self._put_back(run)

    def _taken_over(self, runs: list[Leftover]) -> list[Leftover]:
        """End a journal that the next run had written down already when its process died, before it could end it."""
        if len(runs) != 2 or any(one.told.committed or one.told.undoing for one in runs):
            return runs
        newest, older = runs
        did = resumable(self._target.client, older)
        if did is None or not {one.ref for one in did} <= {one.ref for one in newest.told.entries}:
            return runs
        end(older.chain, RESUMED)
        return [newest]

    def _put_back(self, run: Leftover) -> Recovered:
        header = run.told.header
        with working(header.stack_id, header.revision):
            return put_leftover_back(
                self._target.client,
                run,
                policy=self._rules.undo,
                before_end=self._recall,
                observer=self._observe(header.stack_id),
            )

    def _recall(self, done: Recovered, undone: Undone) -> Undone:
        return recall(self._target.owned, done.header.stack, done.header.inventory, undone, done.entries)


def recall(owned: Owned, key: StackKey, before: Inventory, undone: Undone, entries: Iterable[Entry]) -> Undone:
    """Write down again what a stack owned before a run that was put back, and look whether it is there.

    A stack that owned nothing leaves no trace. What was kept on purpose stays in the inventory, so that it can still be
    pruned; when anything is not in its place the inventory goes on naming everything the run may have left.

    Args:
        owned: the inventories.
        key: the stack.
        before: what it owned.
        undone: how the run was put back.
        entries: what the run did.

    Returns:
        The rollback, judged by the inventory as well (P8).
    """
    if any(finding.state in _NOT_IN_PLACE for finding in undone.findings):
        return undone
    did = {entry.ref: entry for entry in entries}
    anew = {ref for ref, entry in did.items() if entry.deleted}  # back under uids that nobody has written down
    left = [Owns(ref=one.ref) for one in undone.findings if one.state in LEFT_STANDING and did[one.ref].created]
    wanted = before.without_uids(anew).with_entries(left)
    if wanted == Inventory():
        owned.forget(key)
    else:
        owned.remember(key, wanted)
    now = owned.store.load(key) or Inventory()
    return undone.with_inventory(verify_inventory(before, now, undone.findings))


def left_lines(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Name what a run that is not put back has changed, a line per object."""
    return tuple(f"{entry.ref}: {_what(entry)}, left as it is" for entry in entries if not entry.refused)


def _what(entry: Entry) -> str:
    if entry.after is None:
        return "perhaps written"
    return "created" if entry.created else "changed"
