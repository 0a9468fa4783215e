"""Settings of what a deployment may do, and for how long. One attempt works by one state of them."""

from __future__ import annotations

from attrs import frozen

from brokkr_agent.checks import TAKEN_ALONG, UNPROTECTABLE, between, one_of, read_by, some_of
from brokkr_agent.settings.definition import Applies, setting
from brokkr_core.apply import ClassTimeout, ConflictRule, parse_allowed

_classes = read_by(parse_allowed, "exact, value-only, identity-loss or irreversible, separated by commas")
_rules = read_by(ConflictRule.parse_several, "path=decision, separated by semicolons")
_timeouts = read_by(ClassTimeout.parse_several, "class=seconds, separated by semicolons")


@frozen(kw_only=True, slots=False)
class Deployment:
    """What a deployment may do."""

    conflicts: str = setting(
        "take",
        Applies.NEXT,
        "What to do about a field that another manager owns with another value.",
        one_of("take", "fail", "yield"),
    )
    conflict_rules: str = setting(
        "",
        Applies.NEXT,
        "Rules by path, separated by semicolons; the first that covers a conflict decides, "
        "and `agent.conflicts` where none does. "
        "For example `.spec.replicas=yield;.metadata.annotations.*=take@kube-*`.",
        _rules,
    )
    recreate: str = setting(
        "never",
        Applies.NEXT,
        "`immutable` deletes an object and creates it anew when a field that cannot change has to. "
        "An object decides for itself with `brokkr.io/recreate`.",
        one_of("never", "immutable"),
    )
    run_timeout_seconds: float = setting(
        3600.0,
        Applies.NEXT,
        "How many seconds a whole revision may take, from its first write.",
        between(1, 604_800),
    )
    rollback: str = setting(
        "bundle",
        Applies.NEXT,
        "`bundle` puts a failed revision back as a whole and proves it; "
        "`report` leaves it as it stands and names what it had changed; `off` leaves it and keeps no record.",
        one_of("off", "report", "bundle"),
    )
    rollback_allow: str = setting(
        "exact,value-only,identity-loss,irreversible",
        Applies.NEXT,
        "Which changes may be made, by how far they can be taken back; "
        "a revision with others is refused before anything is written. See {doc}`reversibility`.",
        _classes,
    )
    after_crash: str = setting(
        "resume",
        Applies.NEXT,
        "What becomes of a run whose process ended in the middle: "
        "`resume` lets the next run of the stack go on and puts both back when that fails; "
        "`rollback` puts it back first. What somebody has changed since is always put back first.",
        one_of("resume", "rollback"),
    )
    journal_path: str = setting(
        "",
        Applies.RESTART,
        "Directory for the records of runs; empty keeps them as Secrets in the agent's namespace. "
        "A directory takes no run that changes a Secret, and has to outlive the pod.",
    )
    lease_seconds: int = setting(
        15,
        Applies.RESTART,
        "How many seconds the Lease lasts that keeps a second agent of the same id from working; "
        "after a crash the next start waits that long. `0` uses none.",
        between(0, 3600),
    )
    journals_kept: int = setting(
        3,
        Applies.NEXT,
        "How many records of runs that have ended are kept, per stack.",
        between(0, 1000),
    )
    ready_timeout_seconds: float = setting(
        300.0,
        Applies.NEXT,
        "How many seconds an object may take to get ready, from its own write; "
        "also how long a rollback may take to settle.",
        between(0.1, 86400),
    )
    ready_poll_seconds: float = setting(
        1.0,
        Applies.NEXT,
        "Seconds between two looks at objects that cannot be watched, "
        "and between two questions whether time alone has changed anything.",
        between(0.05, 60),
    )
    ready_ingress: str = setting(
        "exists", Applies.NEXT, "`address` waits until every Ingress has one.", one_of("exists", "address")
    )
    ready_load_balancer_timeouts: str = setting(
        "",
        Applies.NEXT,
        "How many seconds a Service of type LoadBalancer may take to get an address, by its `loadBalancerClass`; "
        "the first that fits decides, and `*` fits all. For example `example.com/slow=900;*=120`.",
        _timeouts,
    )
    ready_pod_start_seconds: float = setting(
        30.0,
        Applies.NEXT,
        "How many seconds a container of a workload may be unable to start, "
        "as with an image that cannot be pulled, before the workload has failed.",
        between(1, 86400),
    )
    ready_pod_crash_restarts: int = setting(
        3,
        Applies.NEXT,
        "So many restarts of a container that crashes make its workload fail.",
        between(0, 1000),
    )
    ready_pod_unschedulable_seconds: float = setting(
        120.0,
        Applies.NEXT,
        "How many seconds a pod of a workload may find no node before the workload has failed.",
        between(1, 86400),
    )
    stability_seconds: float = setting(
        10.0,
        Applies.NEXT,
        "A rollback's comparison must hold at both ends of a window of so many seconds.",
        between(0, 3600),
    )
    removal_polls: int = setting(
        3,
        Applies.LIVE,
        "A stack counts as removed only when so many full answers in a row lack it.",
        between(2, 1000),
    )
    removal_grace_seconds: float = setting(
        300.0,
        Applies.LIVE,
        "And so many seconds lie between the first of them and now.",
        between(0, 604_800),
    )
    prune_max_objects: int = setting(
        100,
        Applies.NEXT,
        "More deletions in one run are refused, before anything is written.",
        between(0, 100_000),
    )
    prune_max_percent: float = setting(
        50.0,
        Applies.NEXT,
        "So is a larger part of the stack in percent, from eleven deletions on; "
        "what only unfinished runs left counts in neither.",
        between(0, 100),
    )
    prune_unprotected: str = setting(
        "",
        Applies.NEXT,
        "Kinds that may be pruned although their deletion takes data along; "
        "those that hold anything stay all the same, see the next.",
        some_of(*UNPROTECTABLE),
    )
    prune_take_along: str = setting(
        "",
        Applies.NEXT,
        "What a deletion may take along: `content` of others in a Namespace, "
        "`instances` of others of a CustomResourceDefinition's kind, `volumes` that are bound or were.",
        some_of(*TAKEN_ALONG),
    )
    prune_workers: int = setting(8, Applies.NEXT, "Deletions of one stack at once, at most.", between(1, 64))
