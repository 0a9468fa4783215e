"""Kinds that act: what a program did outside of the API is not undone by deleting it. Pure.

A CronJob acts by the clock and not because of the run, which usually lasts less than its interval; so it is said and
not refused by default. A Deployment's pods act as well, but as long as they stand, and they are the state itself.
"""

from __future__ import annotations

from brokkr_core.apply.reversibility.rule import Found, Rule, recreated, those
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.kinds import CRON_JOB, JOB, POD
from brokkr_core.model.reversibility import Reversibility

#: What may be changed in the spec of a Pod in one direction only, image aside (core ``ValidatePodUpdate``).
_ONE_WAY = (
    "spec.activeDeadlineSeconds",
    "spec.affinity",
    "spec.nodeSelector",
    "spec.schedulingGates",
    "spec.terminationGracePeriodSeconds",
    "spec.tolerations",
)


def _starts(transition: Transition) -> Found:
    if transition.declared == "true":
        return None
    if transition.kind == JOB:
        hold = "spec.suspend"
        runs, held = transition.new(hold) is not True, transition.old(hold) is True
    else:
        hold = "spec.schedulingGates"
        ends = transition.new_text("spec.restartPolicy", "Always") != "Always"
        runs, held = ends and not transition.new(hold), bool(transition.old(hold))
    if not runs:
        return None
    if not transition.updated:
        return ()
    return (hold,) if held else None


def _scheduled(transition: Transition) -> Found:
    if transition.declared == "true" or transition.new("spec.suspend") is True:
        return None
    if not transition.updated:
        return ("spec.schedule",)
    moved = those(transition, "spec.schedule", "spec.timeZone")
    return ("spec.suspend",) if transition.old("spec.suspend") is True else moved


def _one_way(transition: Transition) -> Found:
    return those(transition, *_ONE_WAY) if transition.updated else None


RULES = (
    Rule(
        name="runs",
        kinds=(JOB, POD),
        reversibility=Reversibility.IRREVERSIBLE,
        when="a Job, or a Pod that does not restart for ever, is created or released, "
        'unless annotated `brokkr.io/idempotent: "true"`',
        reason="what it does outside of the API while it runs is not undone by deleting it",
        finds=_starts,
    ),
    Rule(
        name="runs-again",
        kinds=(JOB, POD),
        reversibility=Reversibility.IRREVERSIBLE,
        when="deleted and created anew",
        reason="a rollback does not start again what has run, so the old one does not come back",
        finds=recreated,
    ),
    Rule(
        name="scheduled",
        kinds=(CRON_JOB,),
        reversibility=Reversibility.VALUE_ONLY,
        when="created, resumed or given another schedule or time zone, unless it is suspended "
        'or annotated `brokkr.io/idempotent: "true"`',
        reason="Jobs that it starts before it is taken back have run",
        finds=_scheduled,
    ),
    Rule(
        name="pod-one-way",
        kinds=(POD,),
        reversibility=Reversibility.IDENTITY_LOSS,
        when="another deadline, grace period, toleration, scheduling gate, node selector or affinity",
        reason="the server takes such a change of a Pod in one direction only",
        finds=_one_way,
    ),
)
