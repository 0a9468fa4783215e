"""One apply under the rules for conflicts: refused, or sent again without what is yielded, or with force."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from brokkr_core.apply.conflicts.read import Steps, decide, read_conflicts, without
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.errors import FieldConflictError
from brokkr_core.kube.client import Applied, KubeClient
from brokkr_core.model.conflict import Conflict, Conflicts
from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import Outcome

#: How often an apply is tried that meets new conflicts each time.
TRIES = 4


class ConflictsError(FieldConflictError):
    """409 because others own fields that the rules do not let us take or leave; ``conflicts`` tells whose they are."""

    def __init__(self, error: FieldConflictError, conflicts: tuple[Conflict, ...]) -> None:
        self.conflicts = conflicts
        super().__init__(
            status=error.status, reason=error.reason, message=error.message, request=error.request, causes=error.causes
        )


@frozen(kw_only=True)
class Sent:
    """The server's answer, and the conflicts that the rules decided on the way."""

    applied: Applied
    conflicts: tuple[Conflict, ...] = ()


def send(
    client: KubeClient,
    body: JsonObject,
    ref: ObjectRef,
    *,
    policy: ApplyPolicy,
    dry_run: bool = False,
    on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
) -> Sent:
    """Apply one object as the policy has it.

    Without rules the apply goes out once, with force or without. With rules it goes out without force first; if it is
    refused, the fields that are yielded are left out, and force is used only under the lock of the very version that
    named its conflicts, so that nothing is taken that no rule has spoken about. An apply that had no lock cannot tell
    which version that was: it is sent once more with one before it is forced.

    Args:
        client: the cluster.
        body: the desired object, perhaps with a lock in its metadata.
        ref: its identity.
        policy: manager and rules.
        dry_run: let the server compute the result and store nothing.
        on_repeat: hears of every answer or lost answer after which the same request is sent again.

    Returns:
        The answer to the apply that was accepted.

    Raises:
        ConflictsError: a conflict that has to fail.
        ApiError: any other refusal.
    """
    conflicts: dict[Conflict, Steps] = {}
    force = policy.force
    sending = body
    for _ in range(TRIES):
        try:
            applied = client.apply(
                sending, ref, manager=policy.manager, force=force, dry_run=dry_run, on_repeat=on_repeat
            )
            return Sent(applied=applied, conflicts=tuple(conflicts))
        except FieldConflictError as error:
            live = client.get(ref, metadata_only=True)
            conflicts |= _judged(error, live, ref, policy)
            left = without(body, [steps for one, steps in conflicts.items() if one.decision is Conflicts.YIELD])
            take = any(one.decision is Conflicts.TAKE for one in conflicts)
            force = take and (dry_run or _is_locked(sending))
            sending = _locked(left, sending, live) if take else left
    raise ConflictsError(
        FieldConflictError(status=409, reason="Conflict", message=f"new conflicts at each of {TRIES} tries"),
        tuple(conflicts),
    )


def _judged(error: FieldConflictError, live: JsonObject, ref: ObjectRef, policy: ApplyPolicy) -> dict[Conflict, Steps]:
    """Decide about every conflict of a refusal.

    Raises:
        ConflictsError: one of them has to fail, or is to be yielded and its field cannot be found.
    """
    found = read_conflicts(error.causes, live, manager=policy.manager)
    decided = decide(found, ref.group_kind, rules=policy.conflict_rules, otherwise=policy.conflicts)
    judged = dict(zip(decided, found.values(), strict=True))
    lost = {one for one, steps in judged.items() if one.decision is Conflicts.YIELD and not steps}
    final = tuple(evolve(one, decision=Conflicts.FAIL) if one in lost else one for one in judged)
    if not final or any(one.decision is Conflicts.FAIL for one in final):
        raise ConflictsError(error, final)
    return judged


def _is_locked(body: JsonObject) -> bool:
    return bool(dig(body, "metadata", "resourceVersion"))


def _locked(body: JsonObject, sent: JsonObject, live: JsonObject) -> JsonObject:
    """Tie an apply to the version that the last one was tied to, else to what stands there."""
    locked = sent if _is_locked(sent) else live
    lock: JsonObject = {member: as_text(dig(locked, "metadata", member)) for member in ("uid", "resourceVersion")}
    return {**body, "metadata": {**as_object(body.get("metadata")), **lock}}
