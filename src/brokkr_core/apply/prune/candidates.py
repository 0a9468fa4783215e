"""Look at what left a stack before anything is deleted: what stands there, and whether it must stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import evolve, field, frozen

from brokkr_core.apply.identity import uid
from brokkr_core.apply.inventory.values import Entry, StackKey
from brokkr_core.apply.outcomes import code_of, words
from brokkr_core.apply.prune.contents import HOLDERS, foreign_content
from brokkr_core.apply.prune.guards import content_reason, keep_reason
from brokkr_core.apply.prune.policy import PrunePolicy
from brokkr_core.apply.prune.served import served
from brokkr_core.errors import BrokkrError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import CONFIG_MAP, DEFINITION, NAMESPACE, SECRET
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef
from brokkr_core.threads import Pool

#: Kinds whose bodies say nothing about order, and hold what need not leave the server.
_METADATA_ONLY = frozenset({SECRET, CONFIG_MAP})


@frozen(kw_only=True)
class Candidate:
    """An object that left its stack, and what was found where it should stand."""

    entry: Entry
    live: JsonObject | None = field(default=None, repr=False)
    settled: Outcome | None = None  #: set when it is certain that it will not be deleted, with the reason

    @property
    def ref(self) -> ObjectRef:
        """Which object."""
        return self.entry.ref

    @property
    def goes(self) -> bool:
        """Whether it would be deleted."""
        return self.settled is None

    def forecast(self) -> Outcome:
        """Return what a prune would make of it."""
        return self.settled or Outcome(ref=self.ref, action=Action.PRUNED, message="would be deleted")


def survey(
    client: KubeClient,
    key: StackKey,
    entries: Iterable[Entry],
    *,
    desired: Iterable[ObjectRef] = (),
    policy: PrunePolicy | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Candidate, ...]:
    """Read what left a stack and decide what would become of it; nothing is written.

    Args:
        client: the cluster.
        key: stack and owner whose annotations an object must carry to be ours.
        entries: what left the stack.
        desired: what the revision consists of; an object that is one of these under another group stays.
        policy: protected kinds, and what may be taken along.
        stop: asked between reads.

    Returns:
        One candidate per entry, in their order.

    Raises:
        StoppedError: stopped before everything was read.
    """
    rules = policy or PrunePolicy()
    wanted = tuple(entries)
    twins = _twins(wanted, desired)

    def looked_at(entry: Entry) -> Candidate:
        if stop():
            raise StoppedError(f"stopped before {entry.ref} was read")
        return look(client, key, entry, policy=rules, twins=twins.get(entry.ref, ()))

    if not wanted:
        return ()
    with Pool(min(rules.workers, len(wanted)), thread_name_prefix="survey") as pool:
        found = tuple(pool.map(looked_at, wanted))
    ours = {one.ref: uid(one.live) for one in found if one.goes}
    return tuple(_held(client, one, ours, rules) for one in found)


def look(
    client: KubeClient,
    key: StackKey,
    entry: Entry,
    *,
    policy: PrunePolicy,
    applied: frozenset[str] = frozenset(),
    twins: Sequence[ObjectRef] = (),
) -> Candidate:
    """Read one object and decide whether it may go, its content aside.

    Args:
        client: the cluster.
        key: stack and owner.
        entry: what the inventory says of it.
        policy: protected kinds.
        applied: uids of what the revision consists of.
        twins: objects of the revision that may be this one under another group.

    Returns:
        What was found; what cannot be read is settled as failed.

    Raises:
        StoppedError: a stop was asked for.
    """
    try:
        found = served(client, entry.ref)
        if found is None:
            return Candidate(entry=entry, settled=gone(entry.ref))
        entry = evolve(entry, ref=found)
        live = client.find(entry.ref, metadata_only=entry.ref.group_kind in _METADATA_ONLY)
        if live is None:
            return Candidate(entry=entry, settled=gone(entry.ref))
        uids = applied.union(_uid_of(client, twin) for twin in twins)
    except StoppedError:
        raise
    except BrokkrError as error:
        return Candidate(entry=entry, settled=failed(entry.ref, error))
    live = {**live, "apiVersion": entry.ref.api_version, "kind": entry.ref.kind}
    return Candidate(entry=entry, live=live, settled=keep_reason(entry, live, key, policy, applied=uids))


def gone(ref: ObjectRef) -> Outcome:
    """Say that nothing stands there: the object, or its whole kind, is gone."""
    return Outcome(ref=ref, action=Action.PRUNED, code="Gone", message="was gone already")


def failed(ref: ObjectRef, error: BrokkrError) -> Outcome:
    """Say that an object could not be read or deleted."""
    message = f"not deleted: {words(ref, error)}"
    return Outcome(ref=ref, action=Action.FAILED, code=code_of(ref, error), message=message)


def may_take_along(ref: ObjectRef, policy: PrunePolicy) -> bool:
    """Whether what is in an object may go down with it."""
    allowed = {NAMESPACE: policy.take_along.content, DEFINITION: policy.take_along.instances}
    return ref.group_kind not in HOLDERS or allowed[ref.group_kind]


def _held(client: KubeClient, one: Candidate, ours: dict[ObjectRef, str], policy: PrunePolicy) -> Candidate:
    """Settle a namespace or a definition that holds what would not be deleted anyway."""
    if not one.goes or one.live is None or may_take_along(one.ref, policy):
        return one
    try:
        foreign = next(foreign_content(client, one.live, ours), "")
    except StoppedError:
        raise
    except BrokkrError as error:
        return evolve(one, settled=failed(one.ref, error))
    return evolve(one, settled=content_reason(one.ref, foreign)) if foreign else one


def _uid_of(client: KubeClient, ref: ObjectRef) -> str:
    """Read a uid; what does not exist yet, or whose kind does not, has none."""
    if client.discovery.find(ref.group, ref.version, ref.kind) is None:
        return ""
    return uid(client.find(ref, metadata_only=True))


def _twins(entries: Iterable[Entry], desired: Iterable[ObjectRef]) -> dict[ObjectRef, list[ObjectRef]]:
    """Find what the revision has of the same kind, namespace and name in another group."""
    named: dict[tuple[str, str, str], list[ObjectRef]] = {}
    for ref in desired:
        named.setdefault((ref.kind, ref.namespace, ref.name), []).append(ref)
    twins = ((one.ref, named.get((one.ref.kind, one.ref.namespace, one.ref.name), [])) for one in entries)
    return {ref: found for ref, found in twins if found}
