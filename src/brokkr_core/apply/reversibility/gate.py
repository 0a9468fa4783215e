"""Stand before the first write: what cannot be taken back as far as the policy demands is refused. Pure."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.forecast import Forecast
from brokkr_core.apply.reversibility.classify import classify
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.reversibility import Classed, Reversibility

#: The code of a refusal.
IRREVERSIBLE = "Irreversible"


def gated(forecast: Forecast, policy: ApplyPolicy) -> Forecast:
    """Give a forecast its class, and refuse it when the policy does not allow changes of that class.

    Args:
        forecast: what would become of one object.
        policy: which classes are allowed.

    Returns:
        The forecast with its class; one that was refused before stays as it is.
    """
    if forecast.refusal is not None:
        return forecast
    classed = classify(
        forecast.manifest,
        forecast.action,
        before=forecast.live,
        would=forecast.would,
        changed=forecast.changed,
    )
    if classed.exact or classed.reversibility in policy.allow:
        return evolve(forecast, classed=classed)
    return evolve(forecast, classed=classed, refusal=_refusal(forecast, classed, policy))


def _refusal(forecast: Forecast, classed: Classed, policy: ApplyPolicy) -> Outcome:
    allowed = ", ".join(one for one in Reversibility if one in policy.allow or one is Reversibility.EXACT)
    message = (
        f"it could not be taken back: {classed}; this run allows {allowed}: "
        f"leave the change out, or allow {classed.reversibility} to make it all the same"
    )
    return Outcome(
        ref=forecast.manifest.ref,
        action=Action.FORBIDDEN,
        code=IRREVERSIBLE,
        message=message,
        changed=forecast.changed,
        conflicts=forecast.conflicts,
        classed=classed,
        origin=forecast.manifest.origin,
    )
