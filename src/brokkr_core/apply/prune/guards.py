"""Why an object must stay although it left its stack. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from brokkr_core.apply.inventory.values import Entry, StackKey
from brokkr_core.apply.prune.policy import PrunePolicy
from brokkr_core.model.json import JsonObject, as_list, as_text, dig, text_map
from brokkr_core.model.kinds import CLAIM, VOLUME
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import OWNER, PRUNE, STACK


def keep_reason(
    entry: Entry, live: JsonObject, key: StackKey, policy: PrunePolicy, *, applied: frozenset[str] = frozenset()
) -> Outcome | None:
    """Decide whether an object must stay although it left its stack.

    Args:
        entry: what the inventory says of it.
        live: the object as read just now; the metadata is enough unless it is a claim or a volume.
        key: stack and owner it must belong to.
        policy: protected kinds.
        applied: uids of what the revision consists of, under whatever group and version it was applied.

    Returns:
        The outcome that says why it stays, or None when it may go.
    """
    uid = as_text(dig(live, "metadata", "uid"))
    annotations = text_map(dig(live, "metadata", "annotations"))
    if entry.uid and uid != entry.uid:
        return kept(entry.ref, "Replaced", "another object of that name stands there now; it is not ours")
    if annotations.get(OWNER) != key.owner_id or annotations.get(STACK) != key.stack_id:
        return kept(entry.ref, "NotOurs", "it does not carry our owner and stack annotations (any more)")
    if as_list(dig(live, "metadata", "ownerReferences")):
        return kept(entry.ref, "Owned", "it has ownerReferences; its owner decides about it")
    if uid in applied:
        message = "kept: the revision has the same object under another API group or version"
        return kept(entry.ref, "SameObject", message)
    if annotations.get(PRUNE) == "disabled":
        return kept(entry.ref, "PruneDisabled", f"kept: it carries {PRUNE}: disabled")
    if entry.ref.group_kind in policy.protected:
        message = f"kept: a {entry.ref.kind} takes everything in it along; delete it by hand if you mean it"
        return kept(entry.ref, "Protected", message)
    bond = next(bonds(live), "") if entry.ref.group_kind in (CLAIM, VOLUME) else ""
    if bond and not policy.take_along.volumes:
        return kept(entry.ref, "Bound", f"kept: {bond}, and its data may go with it; delete it by hand if you mean it")
    return None


def content_reason(ref: ObjectRef, foreign: str) -> Outcome:
    """Say that an object stays because something of others is in it."""
    message = f"kept: it holds {foreign}, which is not this stack's to delete; delete it by hand if you mean it"
    return kept(ref, "HasContent", message)


def kept(ref: ObjectRef, code: str, message: str) -> Outcome:
    """Make the outcome of an object that is left alone on purpose."""
    return Outcome(ref=ref, action=Action.SKIPPED, code=code, message=message)


#: Where a claim or a volume says that it is bound or was, and how to say it.
_BONDS: tuple[tuple[tuple[str, ...], Callable[[str], str]], ...] = (
    (("spec", "volumeName"), "it is bound to volume {}".format),
    (("spec", "claimRef", "name"), "it is or was bound to claim {}".format),
    (("metadata", "annotations", "pv.kubernetes.io/bind-completed"), "it was bound ({})".format),
)


def bonds(live: JsonObject) -> Iterator[str]:
    """Say what a claim or a volume is bound to, or was.

    Args:
        live: the claim or the volume as it stands.

    Yields:
        One sentence per sign of it.
    """
    for path, said in _BONDS:
        value = as_text(dig(live, *path))
        if value:
            yield said(value)
    phase = as_text(dig(live, "status", "phase"))
    if phase in ("Bound", "Lost", "Released", "Failed"):
        yield f"its phase is {phase}"
