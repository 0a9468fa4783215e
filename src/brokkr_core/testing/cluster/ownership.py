"""How writes move ownership: the rules of server-side apply and of every other write.

Follows structured-merge-diff ``merge/update.go`` and apimachinery ``managedfields/internal``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from attrs import evolve, frozen

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster.compare import compare
from brokkr_core.testing.cluster.conflicts import refuse_conflicts
from brokkr_core.testing.cluster.copying import same_json
from brokkr_core.testing.cluster.fieldset import with_named_parents
from brokkr_core.testing.cluster.managers import (
    BEFORE_FIRST_APPLY,
    Entry,
    Identity,
    Managers,
    folded,
    held,
    managers_of,
    minus,
    read_managers,
    without_managers,
)
from brokkr_core.testing.cluster.merge import merge, remove
from brokkr_core.testing.cluster.paths import ItemKeyError, Path
from brokkr_core.testing.cluster.schema import Node
from brokkr_core.testing.cluster.words import words

#: Never owned by anybody (apimachinery ``managedfields/internal/stripmeta.go``).
_NEVER_OWNED = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in words(
            "name namespace creationTimestamp selfLink uid clusterName generation managedFields resourceVersion"
        )
    }
)


#: Metadata that a write to ``/status`` of a built-in kind can change.
WRITTEN_WITH_STATUS = ("annotations", "finalizers")
_OWNED_WITH_STATUS = frozenset({("f:metadata", f"f:{name}") for name in WRITTEN_WITH_STATUS})


@frozen(kw_only=True)
class Scope:
    """What a write to one object may own.

    Args:
        node: schema of the object.
        api_version: version the request speaks.
        subresource: the subresource written to, or empty.
        has_status: whether status belongs to ``/status`` alone.
        now: the time for new entries.
    """

    node: Node
    api_version: str
    subresource: str
    has_status: bool
    now: str

    def identity(self, manager: str, operation: str) -> Identity:
        """Return who a write is booked to."""
        api_version = "" if operation == "Apply" else self.api_version
        return _identity(manager, operation, api_version, self.subresource)

    def ownable(self, paths: Iterable[Path]) -> frozenset[Path]:
        """Return the paths that this write can own; the same set for all objects of one shape."""
        return _ownable(frozenset(paths), self.subresource, self.has_status, self.node.builtin)

    def entry(self, identity: Identity, paths: frozenset[Path]) -> Entry:
        """Make an entry of this write."""
        return Entry(identity=identity, api_version=self.api_version, time=self.now, paths=paths)


@lru_cache(maxsize=1024)
def _identity(manager: str, operation: str, api_version: str, subresource: str) -> Identity:
    """Few managers write often; one value for each finds its entry without a comparison."""
    return Identity(name=manager, operation=operation, api_version=api_version, subresource=subresource)


@lru_cache(maxsize=4096)
def _ownable(paths: frozenset[Path], subresource: str, has_status: bool, builtin: bool) -> frozenset[Path]:
    def in_reach(path: Path) -> bool:
        if path in _NEVER_OWNED or path[:2] in _NEVER_OWNED:
            return False
        in_status = path[0] == "f:status"
        if subresource == "status":
            return in_status or (builtin and path[:2] in _OWNED_WITH_STATUS)
        return not (in_status and has_status)

    return frozenset(path for path in paths if in_reach(path))


def after_update(old: JsonObject, new: JsonObject, manager: str, scope: Scope) -> Managers:
    """Book a create, an update or a patch that is no apply.

    Args:
        old: the object before; an empty object on create.
        new: the object after, with the managedFields the request sent, if any.
        manager: who writes.
        scope: what the write may own.
    """
    creating = not dig(old, "metadata", "uid")
    managers = _sent_or_live(old, new, scope)
    if not managers and not creating:
        return {}
    try:
        return _booked(managers, without_managers(old), without_managers(new), manager, scope)
    except ItemKeyError:
        # Ownership never fails an update; validation will say what is wrong with the item.
        return managers


def _sent_or_live(old: JsonObject, new: JsonObject, scope: Scope) -> Managers:
    """Managed fields in a body count: an empty list resets them, an unreadable or missing one is ignored.

    (apimachinery ``managedfields/internal/fieldmanager.go``, ``decodeLiveOrNew``.)
    """
    sent = dig(new, "metadata", "managedFields")
    if not scope.subresource and isinstance(sent, list):
        if sent in ([], [{}]):
            return {}
        try:
            return read_managers(sent)
        except ValueError:
            return _live(old)
    return _live(old)


def _live(old: JsonObject) -> Managers:
    try:
        return managers_of(old)
    except ValueError:
        return {}


def _booked(managers: Managers, old: JsonObject, new: JsonObject, manager: str, scope: Scope) -> Managers:
    found = compare(old, new, scope.node)
    changed = scope.ownable(found.changed)
    out = minus(managers, found.changed | found.removed)
    if changed:
        identity = scope.identity(manager, "Update")
        before = out[identity].paths if identity in out else frozenset()
        out[identity] = scope.entry(identity, before | changed)
    return folded({identity: entry for identity, entry in out.items() if entry.paths})


@frozen(kw_only=True)
class Applied:
    """An apply that went through.

    Args:
        body: the merged object.
        managers: who owns what from now on.
        before: the object before, without managedFields; the merged one shares with it what did not change.
        pruned: the object lost what the manager gave up.
        unchanged: neither the object nor any ownership is different from before.
    """

    body: JsonObject
    managers: Managers
    before: JsonObject
    pruned: bool = False
    unchanged: bool = False


def apply(
    live: JsonObject, config: JsonObject, manager: str, *, wanted: frozenset[Path], force: bool, scope: Scope
) -> Applied:
    """Merge a configuration into an object and move the ownership with it.

    Args:
        live: the object before; an empty object when there is none.
        config: what the manager wants, and no more.
        manager: who applies.
        wanted: the paths of the configuration.
        force: take fields that others own with other values.
        scope: what the apply may own.

    Raises:
        Refusal: 409, others own fields with other values.
    """
    managers = (_live(live) or _attributed(live, scope)) if live else {}
    live = without_managers(live)
    identity = scope.identity(manager, "Apply")
    last = managers.pop(identity, None)
    mine = scope.ownable(wanted)
    whole = merged = as_object(merge(live, config, scope.node))
    if last is not None:
        merged = _pruned(whole, config, last, mine | held(managers) if managers else mine, scope.node)
    if managers:
        found = compare(live, merged, scope.node)
        if not force:
            refuse_conflicts(managers, found.changed)
        managers = minus(managers, found.changed | found.removed)
    # Not by the paths that changed: the order of list items is no field of its own.
    if not same_json(merged, live):
        managers[identity] = scope.entry(identity, mine)
        return Applied(body=merged, managers=managers, before=live, pruned=merged is not whole)
    if last is not None and last.paths == mine and last.api_version == scope.api_version:
        managers[identity] = last
        return Applied(body=merged, managers=managers, before=live, unchanged=True)
    # An apply that moves nothing but ownership gives its entry no new time, and a first one gives it none at all.
    managers[identity] = evolve(scope.entry(identity, mine), time=last.time if last is not None else "")
    return Applied(body=merged, managers=managers, before=live)


def _attributed(live: JsonObject, scope: Scope) -> Managers:
    """Attribute an object without any managers to ``before-first-apply`` (``skipnonapplied.go``)."""
    if not dig(live, "metadata", "uid"):
        return {}
    identity = scope.identity(BEFORE_FIRST_APPLY, "Update")
    paths = scope.ownable(compare({}, without_managers(live), scope.node).added)
    return {identity: scope.entry(identity, paths)} if paths else {}


def _pruned(merged: JsonObject, config: JsonObject, last: Entry, still_held: frozenset[Path], node: Node) -> JsonObject:
    """Take out what the manager gave up.

    The real server leaves a null where a map or list loses its last member although the configuration names it
    empty; here the configuration's empty value stands, so that applying again changes nothing.
    """
    gone = _given_up(last, still_held, node)
    if not gone:
        return merged
    left = remove(merged, gone, node, keep=still_held)
    return as_object(merge(left, config, node))


def _given_up(last: Entry, still_held: frozenset[Path], node: Node) -> set[Path]:
    """Return what the manager owned, no longer wants, and nobody else owns."""
    if last.paths is still_held or last.paths <= still_held:
        return set()
    return with_named_parents(last.paths, node) - with_named_parents(still_held, node)
