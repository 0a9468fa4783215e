"""Put objects back to what was recorded: created ones deleted, changed ones undone, owners given their fields back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, frozen

from brokkr_core.apply.difference.paths import SERVER_METADATA
from brokkr_core.apply.outcomes import words
from brokkr_core.apply.prune.contents import foreign_content
from brokkr_core.apply.recreate import terminating
from brokkr_core.apply.write import resource_version, uid
from brokkr_core.errors import BrokkrError, StaleWriteError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.look import look
from brokkr_core.rollback.merge import three_way

#: Field manager of a restore's own writes; its entry is taken out again when ownership is handed back.
RESTORE_MANAGER = "brokkr-rollback"

#: How often a restore starts over because somebody wrote in between.
TRIES = 5

_WEBHOOKS = frozenset(
    GroupKind(group="admissionregistration.k8s.io", kind=kind)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)
#: Creating one of these again would run it again.
RUN_ONCE = frozenset({GroupKind(group="batch", kind="Job"), GroupKind(group="", kind="Pod")})


@frozen(kw_only=True)
class Attempt:
    """What a restore did about one object. ``problem`` and ``kept`` are for the reader; verifying decides."""

    entry: Entry
    contested: tuple[str, ...] = ()
    kept: str = ""  #: why it was left alone on purpose
    problem: str = ""
    pending: bool = False  #: to be tried again once a deletion under way is over


def restore_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order to undo them.

    Last written, first undone; but webhook configurations this run created go first, since a broken one that fails
    closed would refuse every other step.
    """
    backwards = list(entries)[::-1]
    return sorted(backwards, key=lambda entry: not (entry.created and entry.ref.group_kind in _WEBHOOKS))


class Restorer:
    """Undoes recorded writes one by one; never raises for what one object does.

    Args:
        client: the cluster.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    def run(self, entries: Iterable[Entry]) -> tuple[Attempt, ...]:
        """Undo every entry.

        Args:
            entries: the record of a run, oldest write first.

        Returns:
            One attempt per entry, in the order they were made.
        """
        order = restore_order(entries)
        ours = {entry.ref: uid(entry.after) for entry in order if entry.created and entry.after is not None}
        return tuple(self._quietly(entry, ours) for entry in order)

    def go_on(self, attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
        """Try again what waits for a deletion that was under way."""
        return tuple(self._quietly(one.entry, {}) if one.pending else one for one in attempts)

    def _quietly(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        try:
            return self._undo(entry, ours)
        except BrokkrError as error:
            return Attempt(entry=entry, problem=words(entry.ref, error))

    def _undo(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        if entry.refused:
            return Attempt(entry=entry)
        if entry.before is None:
            return self._undo_creation(entry, ours)
        for _ in range(TRIES):
            live = self._client.find(entry.ref)
            if entry.deleted and _is_ours_or_gone(entry, live):
                return self._bring_back(entry, entry.before, live)
            if entry.deleted and live is not None and uid(live) == uid(entry.before) and terminating(live):
                problem = "its deletion was asked for and is not over; until then it cannot be created again"
                return Attempt(entry=entry, problem=problem, pending=True)
            if live is None or uid(live) != uid(entry.before):
                return Attempt(entry=entry, kept="somebody deleted or replaced it since; it is not ours to bring back")
            if resource_version(live) == resource_version(entry.before):
                return Attempt(entry=entry)
            merged = three_way(entry.before, entry.after or live, live)
            try:
                stored = self._client.replace(merged.body, entry.ref, manager=RESTORE_MANAGER)
            except StaleWriteError:
                continue
            return Attempt(
                entry=entry, contested=merged.contested, problem=self._hand_back(entry, entry.before, live, stored)
            )
        return Attempt(entry=entry, problem=f"somebody kept writing to it; gave up after {TRIES} tries")

    def _bring_back(self, entry: Entry, before: JsonObject, live: JsonObject | None) -> Attempt:
        """Create again what we deleted to create it anew; it gets a new identity, which the verdict says."""
        if entry.ref.group_kind in RUN_ONCE:
            what = entry.ref.kind
            return Attempt(entry=entry, kept=f"a {what} that has run cannot be un-run; it is not started again")
        if live is not None:
            self._client.delete(entry.ref, uid=uid(live))
            if self._client.find(entry.ref, metadata_only=True) is not None:
                problem = "what replaced it is still being deleted; it is not back yet"
                return Attempt(entry=entry, problem=problem, pending=True)
        stored = self._client.create(pre_image(before), entry.ref, manager=RESTORE_MANAGER)
        return Attempt(entry=entry, problem=self._hand_back(evolve(entry, after=stored), before, stored, stored))

    def _hand_back(self, entry: Entry, before: JsonObject, live: JsonObject, stored: JsonObject) -> str:
        """Give fields back to their owners: the server takes values and ownership only in two requests.

        Controllers react to the first of them at once, so the second often has to be tried on a newer version.

        Returns:
            What kept it from happening, or the empty text.
        """
        now = stored
        for _ in range(TRIES):
            owners = hand_back(before, entry.after or live, live, stored, now=now)
            body = {**now, "metadata": {**as_object(now.get("metadata")), "managedFields": owners}}
            try:
                self._client.replace(body, entry.ref, manager=RESTORE_MANAGER)
                return ""
            except StaleWriteError:
                now = self._client.get(entry.ref)
        return f"values are back; somebody kept writing to it, so field ownership is not, after {TRIES} tries"

    def _undo_creation(self, entry: Entry, ours: Mapping[ObjectRef, str]) -> Attempt:
        live = look(self._client, entry)
        if live is None:
            return Attempt(entry=entry)
        if entry.after is None:
            return Attempt(entry=entry, problem="nobody knows whether this run created it; it was not deleted")
        if not entry.created:
            return Attempt(entry=entry, problem="somebody else created it first; what was applied on top of it stays")
        if uid(live) != uid(entry.after):
            return Attempt(entry=entry, kept="somebody replaced it since; it is not ours to delete")
        foreign = next(foreign_content(self._client, live, ours), "")
        if foreign:
            return Attempt(entry=entry, kept=f"it holds {foreign}, which this run did not create")
        self._client.delete(entry.ref, uid=uid(live))
        return Attempt(entry=entry)


def pre_image(before: JsonObject) -> JsonObject:
    """Return a recorded object as it can be created again: without status and what the server gives. Pure."""
    metadata = {key: value for key, value in as_object(before.get("metadata")).items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in before.items() if key != "status"}, "metadata": metadata}


def _is_ours_or_gone(entry: Entry, live: JsonObject | None) -> bool:
    """Whether what stands there is what we put into the place of the object we deleted, or nothing."""
    if live is None:
        return True
    return entry.created and entry.after is not None and uid(live) == uid(entry.after)


def hand_back(
    before: JsonObject, after: JsonObject, live: JsonObject, stored: JsonObject, *, now: JsonObject | None = None
) -> list[Json]:
    """Work out who must own what once values are back. Pure.

    A manager's entry that nobody has touched since our write, our own restore aside, goes back to what it was before
    it; an entry that has moved belongs to somebody's own write and stays. Entries of our restore disappear.

    Args:
        before: the object as recorded.
        after: the object as our write left it.
        live: the object as the restore found it.
        stored: the object as the restore's first write left it.
        now: the object as it stands, when others have written since that; None takes ``stored``.

    Returns:
        The managedFields to store.
    """
    old, written, found = _entries(before), _entries(after), _entries(live)
    left, current = _entries(stored), _entries(now or stored)
    owners: list[Json] = []
    for key in dict.fromkeys([*old, *current]):
        before_us = _fields(written.get(key)) == _fields(found.get(key))
        since_us = _fields(left.get(key)) == _fields(current.get(key))
        is_status = key[2] == "status"
        chosen = old.get(key) if before_us and since_us and not is_status else current.get(key)
        if chosen is not None:
            owners.append(chosen)
    return owners


def _entries(body: JsonObject) -> dict[tuple[str, str, str, str], Json]:
    """Key entries as the server does: the version tells two updaters apart, but never two appliers."""
    found: dict[tuple[str, str, str, str], Json] = {}
    for entry in as_list(dig(body, "metadata", "managedFields")):
        manager, operation = as_text(dig(entry, "manager")), as_text(dig(entry, "operation"))
        version = "" if operation == "Apply" else as_text(dig(entry, "apiVersion"))
        if manager != RESTORE_MANAGER:
            found[manager, operation, as_text(dig(entry, "subresource")), version] = entry
    return found


def _fields(entry: Json) -> Json:
    return dig(entry, "fieldsV1")
