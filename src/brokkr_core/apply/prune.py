"""Delete what left a stack: the last thing a run does, and the one it checks most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from attrs import frozen

from brokkr_core.apply.inventory import Entry, Inventory, StackKey
from brokkr_core.apply.outcomes import code_of, words
from brokkr_core.apply.policy import PrunePolicy
from brokkr_core.errors import BrokkrError, InputError, NotFoundError, StaleWriteError, UnknownKindError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import ObjectFinished, ObjectStarted, Observer, silent
from brokkr_core.model.json import JsonObject, as_list, as_text, dig, text_map
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import OWNER, PRUNE, STACK


class PruneRefusedError(InputError):
    """So much would be deleted that a person should look first; nothing was."""


@frozen(kw_only=True)
class Candidate:
    """An object that left its stack, in deletion order."""

    entry: Entry

    @property
    def ref(self) -> ObjectRef:
        """Which object."""
        return self.entry.ref


def leaving(inventory: Inventory, desired: Iterable[ObjectRef]) -> tuple[Entry, ...]:
    """Return what the stack owned and no longer wants."""
    wanted = frozenset(desired)
    return tuple(entry for entry in inventory.entries if entry.ref not in wanted)


def check_budget(entries: Iterable[Entry], inventory: Inventory, desired: int, policy: PrunePolicy) -> None:
    """Refuse a prune that is too large to be meant, before the first write of the run.

    Args:
        entries: what would be deleted.
        inventory: everything the stack owns.
        desired: how many objects the new revision has.
        policy: the budget.

    Raises:
        PruneRefusedError: over budget, or an empty revision without a deletion marker.
    """
    unprotected = [entry for entry in entries if entry.ref.group_kind not in policy.protected]
    if not desired and unprotected and not policy.allow_empty:
        raise PruneRefusedError(
            f"the revision is empty and would delete all {len(unprotected)} objects of the stack; "
            "post a deletion marker if that is what you want"
        )
    reason = policy.over_budget(deleting=len(unprotected), of=len(inventory.entries))
    if reason and not policy.allow_empty:
        raise PruneRefusedError(f"prune budget: {reason}; nothing was deleted: raise the budget or post smaller steps")


class Pruner:
    """Deletes what left a stack, one object after the other.

    Args:
        client: the cluster.
        key: stack and owner whose annotations an object must carry to be ours.
        policy: protected kinds and how long finalizers may take.
        observer: hears of every object.
        stop: asked before every deletion.
    """

    def __init__(
        self,
        client: KubeClient,
        key: StackKey,
        *,
        policy: PrunePolicy | None = None,
        observer: Observer = silent,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._key = key
        self._policy = policy or PrunePolicy()
        self._observer = observer
        self._stop = stop

    def run(self, entries: Iterable[Entry]) -> tuple[Outcome, ...]:
        """Delete in the order given and wait until each is gone.

        Args:
            entries: what left the stack, dependents before what they depend on.

        Returns:
            One outcome per entry: pruned, skipped with the reason it was kept, or what went wrong.
        """
        return tuple(self._one(entry) for entry in entries)

    def _one(self, entry: Entry) -> Outcome:
        self._observer(ObjectStarted(ref=entry.ref))
        try:
            outcome = self._decide(entry)
        except StaleWriteError:
            outcome = _skipped(entry, "Replaced", "another object of that name stands there now; it is not ours")
        except BrokkrError as error:
            message = f"not deleted: {words(entry.ref, error)}"
            outcome = Outcome(ref=entry.ref, action=Action.FAILED, code=code_of(entry.ref, error), message=message)
        self._observer(ObjectFinished(outcome=outcome))
        return outcome

    def _decide(self, entry: Entry) -> Outcome:
        if self._stop():
            return Outcome(ref=entry.ref, action=Action.BLOCKED, code="Stopped", message="stopped before its turn")
        try:
            live = self._client.find(entry.ref, metadata_only=True)
        except (UnknownKindError, NotFoundError):
            live = None  # the kind itself is gone, and its objects with it
        if live is None:
            return Outcome(ref=entry.ref, action=Action.PRUNED, code="Gone", message="was gone already")
        kept = keep_reason(entry, live, self._key, self._policy)
        if kept is not None:
            return kept
        uid = as_text(dig(live, "metadata", "uid"))
        self._client.delete(entry.ref, uid=uid)
        return self._wait_gone(entry, uid)

    def _wait_gone(self, entry: Entry, uid: str) -> Outcome:
        deadline = time.monotonic() + self._policy.gone_timeout_seconds
        while True:
            live = self._find_quietly(entry.ref)
            if live is None or dig(live, "metadata", "uid") != uid:
                return Outcome(ref=entry.ref, action=Action.PRUNED, uid=uid)
            if time.monotonic() > deadline:
                holders = ", ".join(as_text(one) for one in as_list(dig(live, "metadata", "finalizers"))) or "none"
                message = f"still there after {self._policy.gone_timeout_seconds:.0f} s; finalizers: {holders}"
                return Outcome(ref=entry.ref, action=Action.TIMED_OUT, code="Terminating", message=message)
            if self._stop():
                message = "deletion asked for; stopped before it was seen gone"
                return Outcome(ref=entry.ref, action=Action.NOT_OBSERVED, code="Stopped", message=message)
            time.sleep(self._policy.poll_seconds)

    def _find_quietly(self, ref: ObjectRef) -> JsonObject | None:
        try:
            return self._client.find(ref, metadata_only=True)
        except UnknownKindError:
            return None


def keep_reason(entry: Entry, live: JsonObject, key: StackKey, policy: PrunePolicy) -> Outcome | None:
    """Decide whether an object must stay although it left its stack. Pure.

    Args:
        entry: what the inventory says of it.
        live: its metadata as read just now.
        key: stack and owner it must belong to.
        policy: protected kinds.

    Returns:
        The outcome that says why it stays, or None when it may go.
    """
    annotations = text_map(dig(live, "metadata", "annotations"))
    if entry.uid and dig(live, "metadata", "uid") != entry.uid:
        return _skipped(entry, "Replaced", "another object of that name stands there now; it is not ours")
    if annotations.get(OWNER) != key.owner_id or annotations.get(STACK) != key.stack_id:
        return _skipped(entry, "NotOurs", "it does not carry our owner and stack annotations (any more)")
    if as_list(dig(live, "metadata", "ownerReferences")):
        return _skipped(entry, "Owned", "it has ownerReferences; its owner decides about it")
    if annotations.get(PRUNE) == "disabled":
        return _skipped(entry, "PruneDisabled", f"kept: it carries {PRUNE}: disabled")
    if entry.ref.group_kind in policy.protected:
        message = f"kept: a {entry.ref.kind} takes everything in it along; delete it by hand if you mean it"
        return _skipped(entry, "Protected", message)
    return None


def _skipped(entry: Entry, code: str, message: str) -> Outcome:
    return Outcome(ref=entry.ref, action=Action.SKIPPED, code=code, message=message)
