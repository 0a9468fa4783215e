"""Look at what was written until it is ready: one LIST per kind and namespace, whatever the number of objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from brokkr_core.apply.readiness import Readiness, State, assess
from brokkr_core.apply.resolve import CRD
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_list, as_text, dig
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import GroupKind, ObjectRef, ref_of

#: An established kind must show up in discovery any moment; many definitions at once still share one look.
ESTABLISHED_MISS_SECONDS = 0.1


@frozen(kw_only=True)
class Waiting:
    """An object that was written and is not settled. ``fresh`` means its body is the answer to that write."""

    outcome: Outcome
    body: JsonObject = field(repr=False)
    deadline: float
    fresh: bool = False
    said: str = ""


def look(client: KubeClient, waiting: Mapping[ObjectRef, Waiting]) -> dict[ObjectRef, tuple[Waiting, Readiness]]:
    """Read and judge objects.

    Args:
        client: the cluster.
        waiting: the objects; fresh ones are judged by the body they carry.

    Returns:
        Each object, no longer fresh, with its readiness. What could not be read is no verdict about an object:
        it is simply still in progress.
    """
    bodies = {ref: one.body for ref, one in waiting.items() if one.fresh}
    seen, troubles = _read(client, [ref for ref in waiting if ref not in bodies])
    bodies |= seen
    found = {}
    for ref, one in waiting.items():
        body = bodies.get(ref)
        readiness = _not_read(troubles[ref]) if ref in troubles else _judge_quietly(client, ref, body, one)
        found[ref] = (evolve(one, body=body or one.body, fresh=False), readiness)
    return found


def _not_read(trouble: BrokkrError) -> Readiness:
    return Readiness(state=State.IN_PROGRESS, reason="NotRead", message=f"could not be read: {trouble}")


def _judge_quietly(client: KubeClient, ref: ObjectRef, body: JsonObject | None, one: Waiting) -> Readiness:
    try:
        readiness = _judge(client, ref, body, one)
    except BrokkrError as error:
        return _not_read(error)
    if one.fresh and readiness.state is State.FAILED and one.outcome.action is Action.CONFIGURED:
        # The answer to our own write still holds the status of what it replaced.
        return evolve(readiness, state=State.IN_PROGRESS)
    return readiness


def _judge(client: KubeClient, ref: ObjectRef, body: JsonObject | None, one: Waiting) -> Readiness:
    if body is None:
        return Readiness(state=State.FAILED, reason="Gone", message="somebody deleted it after it was applied")
    if as_text(dig(body, "metadata", "uid")) != one.outcome.uid:
        return Readiness(state=State.FAILED, reason="Replaced", message="somebody replaced it after it was applied")
    readiness = assess(body)
    if readiness.state is State.READY and ref.group_kind == CRD:
        return _discovered(client, body)
    return readiness


def _discovered(client: KubeClient, definition: JsonObject) -> Readiness:
    """An established kind can be used only once discovery shows every version it serves."""
    group = as_text(dig(definition, "spec", "group"))
    kind = as_text(dig(definition, "spec", "names", "kind"))
    for version in as_list(dig(definition, "spec", "versions")):
        name = as_text(dig(version, "name"))
        if dig(version, "served") is not True:
            continue
        if client.discovery.find(group, name, kind, miss_interval_seconds=ESTABLISHED_MISS_SECONDS) is None:
            message = f"established, but discovery does not show {group}/{name} yet"
            return Readiness(state=State.IN_PROGRESS, reason="NotDiscovered", message=message)
    return Readiness(state=State.READY)


def _read(
    client: KubeClient, refs: Iterable[ObjectRef]
) -> tuple[dict[ObjectRef, JsonObject], dict[ObjectRef, BrokkrError]]:
    """Read objects, collection by collection; trouble with one of them says nothing about the others."""
    collections: dict[tuple[GroupKind, str, str], set[ObjectRef]] = defaultdict(set)
    for ref in refs:
        collections[ref.group_kind, ref.version, ref.namespace].add(ref)
    found: dict[ObjectRef, JsonObject] = {}
    troubles: dict[ObjectRef, BrokkrError] = {}
    for wanted in collections.values():
        try:
            found |= _read_collection(client, wanted)
        except BrokkrError as error:
            troubles |= dict.fromkeys(wanted, error)
    return found, troubles


def _read_collection(client: KubeClient, wanted: set[ObjectRef]) -> dict[ObjectRef, JsonObject]:
    ref = next(iter(wanted))
    if len(wanted) == 1:
        body = client.find(ref)
        return {ref: body} if body is not None else {}
    listed = ((ref_of(body), body) for body in client.list(client.resource(ref), namespace=ref.namespace))
    return {ref: body for ref, body in listed if ref in wanted}
