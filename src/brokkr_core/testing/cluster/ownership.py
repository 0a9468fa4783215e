"""How writes move ownership: the rules of server-side apply and of every other write.

Follows structured-merge-diff ``merge/update.go`` and apimachinery ``managedfields/internal``.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster.compare import Comparison, compare
from brokkr_core.testing.cluster.fieldset import field_set, with_named_parents
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
from brokkr_core.testing.cluster.paths import ItemKeyError, Path, dotted
from brokkr_core.testing.cluster.schema import Node
from brokkr_core.testing.cluster.status import Fault, Refusal
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
        return Identity(name=manager, operation=operation, api_version=api_version, subresource=self.subresource)

    def ownable(self, paths: Iterable[Path]) -> set[Path]:
        """Return the paths that this write can own."""
        return {path for path in paths if path[:2] not in _NEVER_OWNED and self._in_reach(path)}

    def _in_reach(self, path: Path) -> bool:
        if path in _NEVER_OWNED:
            return False
        in_status = path[0] == "f:status"
        if self.subresource == "status":
            return in_status or (self.node.builtin and path[:2] in _OWNED_WITH_STATUS)
        return not (in_status and self.has_status)

    def entry(self, identity: Identity, paths: set[Path]) -> Entry:
        """Make an entry of this write."""
        return Entry(identity=identity, api_version=self.api_version, time=self.now, paths=frozenset(paths))


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
        before = set(out[identity].paths) if identity in out else set()
        out[identity] = scope.entry(identity, before | changed)
    return folded({identity: entry for identity, entry in out.items() if entry.paths})


@frozen(kw_only=True)
class Applied:
    """An apply that went through.

    Args:
        body: the merged object.
        managers: who owns what from now on.
        unchanged: neither the object nor any ownership is different from before.
    """

    body: JsonObject
    managers: Managers
    unchanged: bool = False


def apply(live: JsonObject, config: JsonObject, manager: str, *, force: bool, scope: Scope) -> Applied:
    """Merge a configuration into an object and move the ownership with it.

    Args:
        live: the object before; an empty object when there is none.
        config: what the manager wants, and no more.
        manager: who applies.
        force: take fields that others own with other values.
        scope: what the apply may own.

    Raises:
        Refusal: 409, others own fields with other values.
    """
    managers = _live(live) or _attributed(live, scope)
    live = without_managers(live)
    identity = scope.identity(manager, "Apply")
    last = managers.pop(identity, None)
    mine = scope.ownable(field_set(config, scope.node))
    merged = as_object(merge(live, config, scope.node))
    if last is not None:
        merged = _pruned(merged, config, last, mine | held(managers), scope.node)
    found = compare(live, merged, scope.node) if managers or last is not None else Comparison()
    if not force:
        _refuse_conflicts(managers, found.changed)
    managers = minus(managers, found.changed | found.removed)
    managers[identity] = scope.entry(identity, mine)
    # The order of list items is no field of its own, so the comparison does not see it.
    if not found.same or merged != live:
        return Applied(body=merged, managers=managers)
    # An apply that moves nothing but ownership gives its entry no new time, and a first one gives it none at all.
    managers[identity] = evolve(managers[identity], time=last.time if last is not None else "")
    unchanged = last is not None and last.paths == mine and last.api_version == scope.api_version
    return Applied(body=merged, managers=managers, unchanged=unchanged)


def _attributed(live: JsonObject, scope: Scope) -> Managers:
    """Attribute an object without any managers to ``before-first-apply`` (``skipnonapplied.go``)."""
    if not dig(live, "metadata", "uid"):
        return {}
    identity = scope.identity(BEFORE_FIRST_APPLY, "Update")
    paths = scope.ownable(compare({}, without_managers(live), scope.node).added)
    return {identity: scope.entry(identity, paths)} if paths else {}


def _pruned(merged: JsonObject, config: JsonObject, last: Entry, still_held: set[Path], node: Node) -> JsonObject:
    """Take out what the manager gave up.

    The real server leaves a null where a map or list loses its last member although the configuration names it
    empty; here the configuration's empty value stands, so that applying again changes nothing.
    """
    gone = _given_up(last, still_held, node)
    if not gone:
        return merged
    left = remove(merged, gone, node, keep=still_held)
    return as_object(merge(left, config, node))


def _given_up(last: Entry, still_held: set[Path], node: Node) -> set[Path]:
    """Return what the manager owned, no longer wants, and nobody else owns."""
    if last.paths <= still_held:
        return set()
    return with_named_parents(last.paths, node) - with_named_parents(still_held, node)


def _refuse_conflicts(managers: Managers, changed: set[Path]) -> None:
    found = [(identity, path) for identity, entry in sorted(managers.items()) for path in sorted(entry.paths & changed)]
    if not found:
        return
    causes = [
        Fault(reason="FieldManagerConflict", message=f"conflict with {identity}", field=dotted(path))
        for identity, path in found
    ]
    raise Refusal(409, "Conflict", conflict_message(found), causes=causes)


def conflict_message(found: list[tuple[Identity, Path]]) -> str:
    """Word conflicts as apimachinery's ``conflict.go`` does.

    Args:
        found: who owns which path, sorted; at least one.
    """
    if len(found) == 1:
        identity, path = found[0]
        return f"Apply failed with 1 conflict: conflict with {identity}: {dotted(path)}"
    lines: list[str] = []
    last: Identity | None = None
    for identity, path in found:
        if identity != last:
            lines.append(f"conflicts with {identity}:")
        lines.append(f"- {dotted(path)}")
        last = identity
    return f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
