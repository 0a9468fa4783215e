"""What a workload has made: the pods of its newest revision, and why there are no more of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import field, frozen

from brokkr_core.apply.identity import uid
from brokkr_core.apply.readiness.times import latest, moment
from brokkr_core.model.json import Json, JsonObject, as_int, as_list, as_text, dig, text_map
from brokkr_core.model.kinds import DAEMON_SET, DEPLOYMENT, JOB, REPLICA_SET, STATEFUL_SET
from brokkr_core.model.ref import GroupKind, ref_of

#: Kinds whose pods can be found.
CONTROLLERS = frozenset(
    {DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, JOB, GroupKind(group="", kind="ReplicationController")}
)
#: Kinds that say in a condition, and not only in Events, that their pods cannot be created.
TELLING = frozenset({DEPLOYMENT, REPLICA_SET, GroupKind(group="", kind="ReplicationController")})

#: How controllers mark revisions (``k8s.io/api/apps/v1`` and ``pkg/controller``).
REVISION = "deployment.kubernetes.io/revision"
REVISION_HASH = "controller-revision-hash"
TEMPLATE_GENERATION = "pod-template-generation"
DECLARED_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


@frozen(kw_only=True)
class Denial:
    """Pods that could not be created, as Events tell it (reason ``FailedCreate``)."""

    first: datetime
    last: datetime
    message: str


@frozen(kw_only=True)
class Household:
    """What a workload had made when somebody looked."""

    generation: int  #: of the workload that was looked at
    at: datetime  #: when, by the cluster's clock
    since: datetime  #: when the run began; what is older is not counted as failed
    pods: tuple[JsonObject, ...] = field(default=(), repr=False)  #: of the newest revision, by name
    replica_set: JsonObject | None = field(default=None, repr=False)  #: the newest one of a Deployment
    denial: Denial | None = None  #: the newest, if nothing was created since


def household(
    workload: JsonObject,
    *,
    pods: Iterable[JsonObject],
    replica_sets: Iterable[JsonObject] = (),
    events: Iterable[JsonObject] = (),
    at: datetime,
    since: datetime,
) -> Household:
    """Pick what belongs to a workload, by the uids of owners, and to its newest revision.

    Args:
        workload: the object as it was read.
        pods: pods of its namespace.
        replica_sets: ReplicaSets of its namespace; only a Deployment needs them.
        events: Events of its namespace.
        at: the cluster's time.
        since: when the run began.

    Returns:
        What it has made. Where nothing tells which revision is the newest one, there are no pods in it.
    """
    newest = _newest_replica_set(workload, replica_sets)
    owner = workload if ref_of(workload).group_kind != DEPLOYMENT else newest
    owned = [] if owner is None else [one for one in pods if _controller(one) == _uid(owner)]
    return Household(
        generation=as_int(dig(workload, "metadata", "generation")),
        at=at,
        since=since,
        pods=tuple(sorted((one for one in owned if _is_newest(one, workload)), key=_name)),
        replica_set=newest,
        denial=_denial(workload, events, owned),
    )


def may_be_asked(workload: JsonObject) -> bool:
    """Whether a workload's own status is about its newest revision, so that this revision's pods can be told."""
    kind = ref_of(workload).group_kind
    observed, generation = dig(workload, "status", "observedGeneration"), dig(workload, "metadata", "generation")
    return kind in CONTROLLERS and (kind == JOB or (observed is not None and observed == generation))


def lacks_pods(workload: JsonObject) -> bool:
    """Whether pods are missing altogether, and not only unready. Kinds that tell by a condition are not asked."""
    status, spec = dig(workload, "status"), dig(workload, "spec")
    match ref_of(workload).kind:
        case "StatefulSet":
            return as_int(dig(status, "replicas")) < as_int(dig(spec, "replicas"), 1)
        case "DaemonSet":
            return as_int(dig(status, "currentNumberScheduled")) < as_int(dig(status, "desiredNumberScheduled"))
    return not as_int(dig(status, "active"))


def selector_of(workload: JsonObject) -> str:
    """Write the selector of a workload as the API wants it in a query; empty when it cannot be written.

    Args:
        workload: the object; a ReplicationController has a plain map there.
    """
    selector = dig(workload, "spec", "selector")
    plain = ref_of(workload).kind == "ReplicationController"
    labels = text_map(selector if plain else dig(selector, "matchLabels"))
    terms = [f"{name}={value}" for name, value in sorted(labels.items())]
    for expression in [] if plain else as_list(dig(selector, "matchExpressions")):
        name, values = as_text(dig(expression, "key")), ",".join(map(as_text, as_list(dig(expression, "values"))))
        match dig(expression, "operator"):
            case "In":
                terms.append(f"{name} in ({values})")
            case "NotIn":
                terms.append(f"{name} notin ({values})")
            case "Exists":
                terms.append(name)
            case "DoesNotExist":
                terms.append(f"!{name}")
            case _:
                return ""
    return ",".join(terms)


def _newest_replica_set(workload: JsonObject, replica_sets: Iterable[JsonObject]) -> JsonObject | None:
    """The controller writes the number of the newest revision on the Deployment and on its ReplicaSet."""
    number = _annotation(workload, REVISION)
    owned = (one for one in replica_sets if _controller(one) == _uid(workload))
    return next((one for one in owned if number and _annotation(one, REVISION) == number), None)


def _is_newest(pod: JsonObject, workload: JsonObject) -> bool:
    labels = text_map(dig(pod, "metadata", "labels"))
    match ref_of(workload).kind:
        case "StatefulSet":
            return labels.get(REVISION_HASH, "-") == dig(workload, "status", "updateRevision")
        case "DaemonSet":
            return labels.get(TEMPLATE_GENERATION, "-") == _annotation(workload, DECLARED_TEMPLATE_GENERATION)
    return True


def _denial(workload: JsonObject, events: Iterable[JsonObject], owned: list[JsonObject]) -> Denial | None:
    """Find the newest refusal to create a pod; one that is older than the newest pod is over."""
    found = max(_denials(workload, events), key=lambda one: one.last, default=None)
    born = latest(moment(dig(pod, "metadata", "creationTimestamp")) for pod in owned)
    return None if found is None or (born is not None and born >= found.last) else found


def _denials(workload: JsonObject, events: Iterable[JsonObject]) -> Iterator[Denial]:
    for event in events:
        if dig(event, "involvedObject", "uid") != _uid(workload) or dig(event, "reason") != "FailedCreate":
            continue
        first = moment(dig(event, "firstTimestamp")) or moment(dig(event, "eventTime"))
        last = latest([first, moment(dig(event, "lastTimestamp")), moment(dig(event, "series", "lastObservedTime"))])
        if last is not None:
            yield Denial(first=first or last, last=last, message=as_text(dig(event, "message")))


def _controller(body: JsonObject) -> str:
    owners = as_list(dig(body, "metadata", "ownerReferences"))
    return next((as_text(dig(owner, "uid")) for owner in owners if dig(owner, "controller") is True), "")


def _annotation(body: JsonObject, name: str) -> str:
    return as_text(dig(body, "metadata", "annotations", name))


def _uid(body: Json) -> str:
    return uid(body) or "unknown"


def _name(body: JsonObject) -> str:
    return as_text(dig(body, "metadata", "name"))
