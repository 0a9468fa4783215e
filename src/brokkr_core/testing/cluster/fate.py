"""What a fault plan has in store for one request, and the state that a plan needs while it is carried out."""

from __future__ import annotations

import re
from random import Random

from attrs import evolve, frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster.faults import (
    Delay,
    Die,
    DropWatch,
    FaultPlan,
    FaultRule,
    Moment,
    Refuse,
    Reset,
    StaleDiscovery,
    Truncate,
)
from brokkr_core.testing.cluster.requests import is_write
from brokkr_core.testing.cluster.status import Refusal, refused

#: Reason and sentence of the errors that a server or what stands in front of it gives for no fault of the request.
_WORDING = {
    401: ("Unauthorized", "Unauthorized"),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: the fault plan says so"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the server was unable to return a response in the time allotted"),
}


class ConnectionLost(Exception):  # noqa: N818 - an event on the line, not an error of the emulator
    """No answer, or not the whole answer, comes back.

    Args:
        problem: what happened, as a client would call it.
        sent: whether the request may have been carried out.
        partial: the answer that breaks off in the middle.
    """

    def __init__(self, problem: str, *, sent: bool, partial: Response | None = None) -> None:
        super().__init__(problem)
        self.sent = sent
        self.partial = partial


@frozen(kw_only=True)
class Fate:
    """What becomes of one request.

    Args:
        delay_seconds: how long the answer waits, in real time.
        ending: what decides the request; None lets it through.
        discovery_lag_seconds: how far discovery lags behind.
        drop_after_events: after how many events a watch is dropped; None never drops it.
    """

    delay_seconds: float = 0.0
    ending: Refuse | Reset | Truncate | Die | None = None
    discovery_lag_seconds: float = 0.0
    drop_after_events: int | None = None

    @property
    def lost_before(self) -> bool:
        """Whether the connection goes before anything is done."""
        return isinstance(self.ending, (Reset, Die)) and self.ending.moment is Moment.BEFORE

    @property
    def lost_after(self) -> bool:
        """Whether the connection goes when everything is done."""
        return isinstance(self.ending, (Reset, Die)) and self.ending.moment is Moment.AFTER


UNHARMED = Fate()


class Fates:
    """Deals out fates by a plan; keeps count of the requests. Not safe for several threads at once.

    Args:
        plan: what goes wrong.
    """

    def __init__(self, plan: FaultPlan) -> None:
        self._rules = [(rule, Random(f"{plan.seed}/{at}")) for at, rule in enumerate(plan.rules)]  # noqa: S311
        self._seen = [0] * len(self._rules)

    def of(self, request: Request) -> Fate:
        """Return the fate of the next request."""
        fate = UNHARMED
        for at, (rule, random) in enumerate(self._rules):
            if not _fits(rule, request):
                continue
            self._seen[at] += 1
            drawn = rule.probability >= 1.0 or random.random() < rule.probability
            if drawn and (not rule.nth or self._seen[at] in rule.nth):
                fate = _with(fate, rule)
        return fate


def _fits(rule: FaultRule, request: Request) -> bool:
    if rule.method and rule.method != request.method:
        return False
    if rule.writes is not None and rule.writes is not is_write(request.method, request.query):
        return False
    return not rule.path or re.search(rule.path, request.path) is not None


def _with(fate: Fate, rule: FaultRule) -> Fate:
    match rule.effect:
        case Delay(seconds=seconds):
            return evolve(fate, delay_seconds=fate.delay_seconds + seconds)
        case StaleDiscovery(seconds=seconds):
            return evolve(fate, discovery_lag_seconds=max(seconds, fate.discovery_lag_seconds))
        case DropWatch(after_events=count):
            return fate if fate.drop_after_events is not None else evolve(fate, drop_after_events=count)
        case ending:
            return fate if fate.ending is not None else evolve(fate, ending=ending)


def refusal_of(refuse: Refuse) -> Response:
    """Return the answer of a server that refuses."""
    reason, message = _WORDING.get(refuse.status, ("", f"the server answered {refuse.status}"))
    return refused(
        Refusal(refuse.status, reason, refuse.message or message, retry_after_seconds=refuse.retry_after_seconds)
    )
