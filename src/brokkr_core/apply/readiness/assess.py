"""The one door: judge an object by the rules for any kind, and then by the rule of its own."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.apply.readiness.behind import behind
from brokkr_core.apply.readiness.generic import by_conditions, not_observed, terminating, undecided
from brokkr_core.apply.readiness.policy import DEFAULT, ReadyPolicy
from brokkr_core.apply.readiness.state import Readiness
from brokkr_core.apply.readiness.subject import NOTHING_KNOWN, Facts, Subject
from brokkr_core.apply.readiness.table import RULES
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of


def assess(
    body: JsonObject,
    *,
    now: datetime | None = None,
    facts: Facts = NOTHING_KNOWN,
    policy: ReadyPolicy = DEFAULT,
) -> Readiness:
    """Judge one object.

    Args:
        body: the object as the API server returned it, status included.
        now: the cluster's time, with time zone; without it no grace runs out, and what needs one stays in progress.
        facts: what is known about it from elsewhere.
        policy: what counts as ready where that is a matter of taste.

    Returns:
        Ready, perhaps with a reservation; in progress, with what is missing; or failed, with why.
    """
    subject = Subject(body=body, now=now, facts=facts, policy=policy)
    rule = RULES.get(ref_of(body).group_kind)
    early = terminating(subject) or not_observed(subject, required=rule is not None and rule.observed)
    early = early or undecided(subject)
    return early or behind(subject, (rule.judge if rule else by_conditions)(subject))
