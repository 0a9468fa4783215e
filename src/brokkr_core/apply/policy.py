"""What a run may do: values to pass in, compare and print."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen, validators

from brokkr_core.model.wire import MANAGER


class Conflicts(StrEnum):
    """What to do about a field that another manager owns with another value."""

    FAIL = "fail"  #: leave it and report manager, field and value class; the library's default
    TAKE = "take"  #: take it, as upstream's agent does; the agent's default


def _seconds(default: float) -> float:
    made: float = field(default=default, validator=validators.gt(0))
    return made


@frozen(kw_only=True)
class ApplyPolicy:
    """How objects are applied and how long to wait for them. All times in seconds."""

    manager: str = MANAGER
    conflicts: Conflicts = Conflicts.FAIL
    workers: int = field(default=8, validator=[validators.ge(1), validators.le(64)])
    wait: bool = True  #: wait until every object is ready
    ready_timeout_seconds: float = _seconds(300.0)  #: per object, from its own write
    poll_seconds: float = _seconds(1.0)  #: between two looks at objects that are not ready

    @property
    def force(self) -> bool:
        """Whether an apply takes fields from other managers."""
        return self.conflicts is Conflicts.TAKE
