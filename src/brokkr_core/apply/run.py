"""A whole run of a plan: preflight, then apply; one report."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from brokkr_core.apply.applier import Applier
from brokkr_core.apply.difference.sealing import Sealer
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.forecast import Forecast
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.preflight.run import preflight
from brokkr_core.apply.recorder import NoRecorder, Recorder
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.events import Observer, silent
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ObjectRef


def apply_plan(
    client: KubeClient,
    plan: Plan,
    *,
    policy: ApplyPolicy | None = None,
    observer: Observer = silent,
    recorder: Recorder | None = None,
    memory: Memory | None = None,
    before_writing: Callable[[], None] = lambda: None,
    stop: Callable[[], bool] = lambda: False,
    outdated: Callable[[], bool] = lambda: False,
) -> Report:
    """Apply a plan, or nothing of it: every object is dry-run on the server before the first one is written.

    Args:
        client: the cluster.
        plan: resolved manifests in order.
        policy: how to apply and how long to wait.
        observer: hears of every object.
        recorder: keeps what is replaced, for a rollback.
        memory: what earlier runs against this cluster left, so that an unchanged object costs next to nothing.
        before_writing: called once, after the preflight and before the first write.
        stop: asked between operations.
        outdated: asked while there is nothing to do but to wait; once true, somebody wants something else by now:
            nothing is waited for any more, and nothing more is begun.

    Returns:
        One outcome per object.

    Raises:
        NetworkError: the cluster cannot be asked; nothing was written.
        StoppedError: stopped before the first write.
    """
    rules = policy or ApplyPolicy()
    known, pace = Memory() if memory is None else memory, Pace(most=rules.workers)
    forecasts = preflight(client, plan, rules, memory=known, pace=pace, stop=stop)
    if any(forecast.refusal for forecast in forecasts.values()):
        return refused(plan, forecasts)
    keeper = recorder or NoRecorder()
    keeper.foresee(
        [forecasts[manifest.ref].foreseen() for manifest in plan.manifests if forecasts[manifest.ref].writes]
    )
    before_writing()
    applier = Applier(
        client,
        policy=rules,
        observer=observer,
        recorder=keeper,
        memory=known,
        pace=pace,
        stop=stop,
        outdated=outdated,
    )
    return Report(outcomes=applier.run(plan, forecasts))


def preview_plan(
    client: KubeClient,
    plan: Plan,
    *,
    policy: ApplyPolicy | None = None,
    memory: Memory | None = None,
    sealer: Sealer | None = None,
) -> Report:
    """Let the server say what applying a plan would do; nothing is written.

    Args:
        client: the cluster.
        plan: resolved manifests in order.
        policy: manager, conflict rules and number of workers.
        memory: as for ``apply_plan``.
        sealer: makes the texts of the field diff; None makes one with a key that nobody learns.

    Returns:
        One outcome per object, as a dry run, each with its field diff.

    Raises:
        NetworkError: the cluster cannot be asked.
    """
    forecasts = preflight(client, plan, policy or ApplyPolicy(), memory=memory)
    seal = sealer or Sealer(key=secrets.token_bytes(32))
    return Report(outcomes=tuple(forecasts[manifest.ref].outcome(seal) for manifest in plan.manifests), dry_run=True)


def refused(plan: Plan, forecasts: Mapping[ObjectRef, Forecast]) -> Report:
    """Report a preflight that found refusals: those, and everything else as not begun."""
    outcomes = []
    for manifest in plan.manifests:
        held = Outcome(
            ref=manifest.ref,
            action=Action.BLOCKED,
            code="PreflightFailed",
            message="not begun: the preflight refused other objects of this run",
            origin=manifest.origin,
        )
        outcomes.append(forecasts[manifest.ref].refusal or held)
    return Report(outcomes=tuple(outcomes), begun=False)
