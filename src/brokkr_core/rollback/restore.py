"""Put objects back to what was recorded: created ones deleted, changed ones undone, owners given their fields back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from brokkr_core.apply.difference.paths import SERVER_METADATA, changed_paths, overlap, same, unmanaged
from brokkr_core.apply.identity import resource_version, terminating, uid
from brokkr_core.apply.outcomes import words
from brokkr_core.errors import AlreadyExistsError, BrokkrError, NotFoundError, StaleWriteError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.model.kinds import DEFINITION, JOB, POD
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.rollback.attempt import Attempt, Contested
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.look import look
from brokkr_core.rollback.merge import three_way
from brokkr_core.rollback.owners import RESTORE_MANAGER, hand_back, made_by_restore
from brokkr_core.rollback.refusal import blocked_state, may_pass
from brokkr_core.rollback.remove import remove

#: How often a restore starts over because somebody wrote in between.
TRIES = 5

_WEBHOOKS = frozenset(
    GroupKind(group="admissionregistration.k8s.io", kind=kind)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)
#: Creating one of these again would run it again.
RUN_ONCE = frozenset({JOB, POD})


def restore_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order to undo them.

    Last written, first undone; but webhook configurations this run created go first, since a broken one that fails
    closed would refuse every other step, and definitions it created go last, with whatever they define gone.
    """
    backwards = list(entries)[::-1]
    return sorted(backwards, key=_turn)


def _turn(entry: Entry) -> int:
    if entry.created and entry.ref.group_kind in _WEBHOOKS:
        return 0
    return 2 if entry.created and entry.ref.group_kind == DEFINITION else 1


class Restorer:
    """Undoes recorded writes one by one; never raises for what one object does.

    Args:
        client: the cluster.
        contested: who wins where others have written to what is ours.
    """

    def __init__(self, client: KubeClient, *, contested: Contested = Contested.KEEP) -> None:
        self._client = client
        self._take = contested is Contested.TAKE

    def run(self, entries: Iterable[Entry]) -> tuple[Attempt, ...]:
        """Undo every entry; what was refused is tried again as long as that helps.

        One object may be refused for what another one has changed, such as a policy, a role or a quota.

        Args:
            entries: the record of a run, oldest write first.

        Returns:
            One attempt per entry, in the order they were made.
        """
        order = restore_order(entries)
        attempts = tuple(self._quietly(entry, _ours(order)) for entry in order)
        refused = sum(one.refused for one in attempts)
        while 0 < refused < len(attempts):
            attempts = tuple(self._quietly(one.entry, _ours(order)) if one.refused else one for one in attempts)
            left = sum(one.refused for one in attempts)
            if left == refused:
                break
            refused = left
        return attempts

    def go_on(self, attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
        """Try again what waits for something that passes."""
        known = tuple(attempts)
        ours = _ours(one.entry for one in known)
        return tuple(self._quietly(one.entry, ours) if one.pending else one for one in known)

    def _quietly(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        try:
            return self._undo(entry, ours)
        except BrokkrError as error:
            passing = may_pass(error)
            return Attempt(
                entry=entry,
                problem=words(entry.ref, error),
                blocked=blocked_state(error),
                refused=not passing,
                pending=passing,
            )

    def _undo(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        if entry.refused:
            return Attempt(entry=entry)
        if entry.before is None:
            return self._undo_creation(entry, ours)
        for tries_left in range(TRIES - 1, -1, -1):
            # It may move under our hands, or we may have moved it and the answer was lost: then it is looked at again.
            try:
                return self._undo_change(entry, entry.before, ours)
            except (AlreadyExistsError, NotFoundError):
                if not tries_left:
                    raise
            except StaleWriteError:
                continue
        return Attempt(entry=entry, problem=f"somebody kept writing to it; gave up after {TRIES} tries")

    def _undo_change(self, entry: Entry, before: JsonObject, ours: Mapping[ObjectRef, str]) -> Attempt:
        live = self._client.find(entry.ref)
        if entry.deleted and (live is None or _is_ours(entry, live)):
            return self._bring_back(entry, before, live, ours)
        if entry.deleted and live is not None and made_by_restore(live):
            return Attempt(entry=entry, problem=self._hand_back(entry, before, live, live))
        if live is None or uid(live) != uid(before):
            return Attempt(entry=entry, kept="somebody deleted or replaced it since; it is not ours to bring back")
        if entry.deleted and terminating(live):
            problem = "its deletion was asked for and is not over; until then it cannot be created again"
            return Attempt(entry=entry, problem=problem, pending=True)
        if resource_version(live) == resource_version(before):
            return Attempt(entry=entry)
        written = entry.after or live
        merged = three_way(before, written, live, take=self._take)
        stored: JsonObject = live
        rewritten: tuple[str, ...] = ()
        if not same(unmanaged(merged.body), unmanaged(live)):
            stored = self._client.replace(merged.body, entry.ref, manager=RESTORE_MANAGER)
            rewritten = _insisted(before, written, merged.body, stored)
        left, taken = ((), merged.contested) if self._take else (merged.contested, ())
        problem = self._hand_back(entry, before, written, stored)
        return Attempt(entry=entry, contested=left + rewritten, taken=taken, problem=problem)

    def _bring_back(
        self, entry: Entry, before: JsonObject, live: JsonObject | None, ours: Mapping[ObjectRef, str]
    ) -> Attempt:
        """Create again what we deleted to create it anew; it gets a new identity, which the verdict says."""
        if entry.ref.group_kind in RUN_ONCE:
            what = entry.ref.kind
            return Attempt(entry=entry, kept=f"a {what} that has run cannot be un-run; it is not started again")
        if live is not None and entry.after is not None:
            removal = remove(self._client, entry, live, after=entry.after, ours=ours, take=self._take)
            if removal.kept:
                return removal
            if self._client.find(entry.ref, metadata_only=True) is not None:
                problem = "what replaced it is still being deleted; it is not back yet"
                return Attempt(entry=entry, problem=problem, pending=True)
        stored = self._client.create(pre_image(before), entry.ref, manager=RESTORE_MANAGER)
        return Attempt(entry=entry, problem=self._hand_back(entry, before, stored, stored))

    def _hand_back(self, entry: Entry, before: JsonObject, written: JsonObject, stored: JsonObject) -> str:
        """Give fields back to their owners: the server takes values and ownership only in two requests.

        Controllers react to the first of them at once, so the second often has to be tried on a newer version.

        Returns:
            What kept it from happening, or the empty text.
        """
        now: JsonObject | None = stored
        for _ in range(TRIES):
            if now is None or uid(now) != uid(stored):
                return "somebody deleted or replaced it since"
            owners = hand_back(before, written, now)
            if owners == dig(now, "metadata", "managedFields"):
                return ""
            body = {**now, "metadata": {**as_object(now.get("metadata")), "managedFields": owners}}
            try:
                self._client.replace(body, entry.ref, manager=RESTORE_MANAGER)
                return ""
            except (NotFoundError, StaleWriteError):
                now = self._client.find(entry.ref)
        return f"values are back; somebody kept writing to it, so field ownership is not, after {TRIES} tries"

    def _undo_creation(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        live = look(self._client, entry)
        if live is None:
            return Attempt(entry=entry)
        if entry.after is None:
            return Attempt(entry=entry, problem="nobody knows whether this run created it; it was not deleted")
        if not entry.created:
            return Attempt(entry=entry, problem="somebody else created it first; what was applied on top of it stays")
        return remove(self._client, entry, live, after=entry.after, ours=ours, take=self._take)


def pre_image(before: JsonObject) -> JsonObject:
    """Return a recorded object as it can be created again: without status and what the server gives. Pure."""
    metadata = {key: value for key, value in as_object(before.get("metadata")).items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in before.items() if key != "status"}, "metadata": metadata}


def _insisted(before: JsonObject, after: JsonObject, sent: JsonObject, stored: JsonObject) -> tuple[str, ...]:
    """The paths of ours where admission did not let stand what was put back."""
    ours = changed_paths(before, after)
    return tuple(path for path in changed_paths(sent, stored) if any(overlap(path, one) for one in ours))


def _ours(entries: Iterable[Entry]) -> dict[ObjectRef, str]:
    """Return the uids of what the run created."""
    return {entry.ref: uid(entry.after) for entry in entries if entry.created and entry.after is not None}


def _is_ours(entry: Entry, live: JsonObject) -> bool:
    """Whether what stands there is what we put into the place of the object we deleted."""
    return entry.created and entry.after is not None and uid(live) == uid(entry.after)
