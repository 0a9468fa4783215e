"""Return a stack to an earlier revision, and look whether it is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import click
from attrs import evolve

from brokkr_agent.commands.by_hand import ByHand, stack_rules
from brokkr_agent.commands.show import show_report
from brokkr_agent.progress import Progress
from brokkr_agent.reconcile import Revision
from brokkr_agent.stop import Stop
from brokkr_core.apply import ApplyPolicy, Conflicts
from brokkr_core.errors import BrokkrError, UsageError
from brokkr_core.kube import connect
from brokkr_core.model.events import silent
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Report
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import Stamp
from brokkr_core.rollback import UndoPolicy, Verdict
from brokkr_core.rollback.journal import Committed, committed


def return_stack(
    *,
    stack: str,
    wanted: str | None,
    kubeconfig: str | None,
    context: str | None,
    namespace: str | None,
    force_conflicts: bool,
    timeout: float,
    stability: float,
    output: str,
) -> None:
    """Do what ``brokkr-agent rollback`` says; one argument per option.

    Raises:
        SystemExit: always, with the exit code of the verdict.
        UsageError: there is nothing to return to, or somebody else works on the stack.
        Everything that ``Deployment.run`` raises.
    """
    stop = Stop()
    stop.on_signals()
    policy = ApplyPolicy(conflicts=Conflicts.TAKE if force_conflicts else Conflicts.FAIL, ready_timeout_seconds=timeout)
    undo = UndoPolicy(settle_timeout_seconds=timeout, stability_seconds=stability)
    observer = silent if output == "json" else Progress(click.echo)
    with connect(kubeconfig, context=context) as client:
        by_hand = ByHand(
            client=client,
            stack=stack,
            namespace=namespace or client.namespace,
            rules=stack_rules(policy, undo, atomic=True),
            observer=observer,
        )
        chosen = _chosen(by_hand, wanted)
        revision = _revision(by_hand, chosen)
        if output == "text":
            click.echo(f"returning to revision {chosen.revision} ({len(chosen.desired)} objects)")
        report = by_hand.run(revision, stop=stop)
        if report.ok:
            report = _judged(report, lambda: by_hand.preview(revision), stability)
    _tell(report, output)


def _chosen(by_hand: ByHand, wanted: str | None) -> Committed:
    """Choose the revision: the named one, or the newest that is another one than the last."""
    kept = list(committed(by_hand.journals, prefix=by_hand.key.digest))
    if not kept:
        raise UsageError(f"stack {by_hand.stack}: no revision is kept; only what apply --stack has applied can be")
    fitting = [one for one in kept if one.revision != kept[0].revision]
    if wanted:
        fitting = [one for one in kept if one.revision.startswith(wanted)]
    if not fitting:
        known = ", ".join(dict.fromkeys(one.revision for one in kept))
        raise UsageError(f"stack {by_hand.stack}: there is no such revision to return to; kept are: {known}")
    return fitting[0]


def _revision(by_hand: ByHand, chosen: Committed) -> Revision:
    stamp = Stamp(
        stack_id=by_hand.stack,
        checksum=chosen.checksum,
        deployment_object_id=chosen.revision,
        owner_id=by_hand.key.owner_id,
    )
    manifests = tuple(Manifest(ref=ref_of(body), body=body) for body in chosen.desired)
    return Revision(stamp=stamp, manifests=manifests, removal=not manifests)


def _judged(report: Report, look: Callable[[], Report], stability: float) -> Report:
    """Say how far the stack is what the revision wants, by two fresh looks.

    What stood there when the revision was applied is not known any more, so nothing better than equivalent is claimed.
    """
    try:
        differing = _differing(look())
        if not differing and stability:
            time.sleep(stability)
            differing = _differing(look())
    except BrokkrError as error:
        return evolve(
            report, verdict=str(Verdict.UNVERIFIABLE), restored=(f"it could not be looked at again: {error}",)
        )
    verdict = Verdict.PARTIAL if differing else Verdict.VERIFIED_EQUIVALENT
    return evolve(report, verdict=str(verdict), restored=differing)


def _differing(preview: Report) -> tuple[str, ...]:
    return tuple(
        f"{one.ref}: still to be {one.action}" + (f" at {', '.join(one.changed[:5])}" if one.changed else "")
        for one in preview.outcomes
        if one.action not in (Action.UNCHANGED, Action.SKIPPED)
    )


def _tell(report: Report, output: str) -> None:
    """Print how it ended, and leave with the exit code of the verdict; it is never 0."""
    if not report.ok:
        show_report(report, output, atomic=True)
    elif output == "json":
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        for line in report.restored:
            click.echo(f"  {line}")
        click.echo(f"verdict: {report.verdict}")
    raise SystemExit(Verdict(report.verdict).exit_code)
