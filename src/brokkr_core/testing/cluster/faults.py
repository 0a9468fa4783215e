"""What goes wrong between a client and the cluster: a plan that is a value, so that every run is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias

from attrs import field, frozen, validators

_not_negative = validators.ge(0.0)


class Moment(Enum):
    """When a connection or the whole server is lost, as seen from the write."""

    BEFORE = "before the commit"
    AFTER = "after the commit"


@frozen(kw_only=True)
class Delay:
    """The answer takes longer, in seconds of real time."""

    seconds: float = field(validator=_not_negative)


@frozen(kw_only=True)
class Refuse:
    """The server answers with an error instead of doing anything.

    Args:
        status: an HTTP status from 400 on; 401 is what an expired token gets.
        retry_after_seconds: sets ``Retry-After``; 0 sends none.
        message: replaces the usual sentence.
    """

    status: int = field(validator=[validators.ge(400), validators.lt(600)])
    retry_after_seconds: int = field(default=0, validator=validators.ge(0))
    message: str = ""


@frozen(kw_only=True)
class Reset:
    """The connection is reset and no answer comes; ``after`` the commit the write has happened all the same."""

    moment: Moment = Moment.AFTER


@frozen(kw_only=True)
class Truncate:
    """The answer breaks off in the middle of its body; the request was carried out."""


@frozen(kw_only=True)
class DropWatch:
    """A watch loses its connection after so many events; 0 drops it before the first."""

    after_events: int = field(default=0, validator=validators.ge(0))


@frozen(kw_only=True)
class StaleDiscovery:
    """Discovery lags behind: it answers as it would have so many seconds ago, by the cluster's clock."""

    seconds: float = field(validator=_not_negative)


@frozen(kw_only=True)
class Die:
    """The server dies; from then on connections are refused until somebody revives it."""

    moment: Moment = Moment.BEFORE


Effect: TypeAlias = Delay | Refuse | Reset | Truncate | DropWatch | StaleDiscovery | Die


def _numbers(numbers: Iterable[int]) -> frozenset[int]:
    return frozenset(numbers)


@frozen(kw_only=True)
class FaultRule:
    """An effect and the requests it befalls. A request must fit everything that is given.

    Args:
        effect: what happens.
        method: the HTTP method; empty means any.
        path: a regular expression that is found somewhere in the path; empty means any.
        writes: only requests that could, or could not, change the cluster; a dry run cannot.
        nth: which of the requests that fit so far, counted from 1; empty means every one.
        probability: how likely each of these is, from 0 to 1; drawn from the seed of the plan.
    """

    effect: Effect
    method: str = ""
    path: str = field(default="", validator=lambda _self, _attribute, value: _check_pattern(value))
    writes: bool | None = None
    nth: frozenset[int] = field(default=frozenset(), converter=_numbers)
    probability: float = field(default=1.0, validator=[_not_negative, validators.le(1.0)])


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"path {pattern!r} is no regular expression: {error}") from error


def _in_order(rules: Iterable[FaultRule]) -> tuple[FaultRule, ...]:
    return tuple(rules)


@frozen(kw_only=True)
class FaultPlan:
    """Everything that goes wrong.

    Delays add up; of the rules that decide what becomes of a request, the first that fits wins.

    Args:
        rules: what happens to whom.
        seed: where chance begins; the same requests in the same order meet the same faults.
    """

    rules: tuple[FaultRule, ...] = field(default=(), converter=_in_order)
    seed: int = 0

    @classmethod
    def dying(cls, write: int, moment: Moment = Moment.BEFORE) -> FaultPlan:
        """Return a plan in which the server dies at a write.

        Args:
            write: at which one, counted from 1.
            moment: whether that write still happens.
        """
        return cls(rules=[FaultRule(effect=Die(moment=moment), writes=True, nth=(write,))])
