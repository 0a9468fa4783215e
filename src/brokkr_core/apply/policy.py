"""What a run may do: values to pass in, compare and print."""

from __future__ import annotations

from attrs import field, frozen, validators

from brokkr_core.apply.conflicts.rule import ConflictRule
from brokkr_core.apply.readiness.policy import ReadyPolicy
from brokkr_core.model.conflict import Conflicts
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.model.wire import MANAGER


def _seconds(default: float) -> float:
    made: float = field(default=default, validator=validators.gt(0))
    return made


@frozen(kw_only=True)
class ApplyPolicy:
    """How objects are applied and how long to wait for them. All times in seconds."""

    manager: str = MANAGER
    conflicts: Conflicts = Conflicts.FAIL  #: where no rule says otherwise
    conflict_rules: tuple[ConflictRule, ...] = ()  #: by path; the first that covers a conflict decides
    recreate: bool = False  #: delete and create anew what has an immutable field changed, unless its kind is protected
    #: which changes may be made, by how far they can be taken back; exact ones always may
    allow: frozenset[Reversibility] = frozenset(Reversibility)
    workers: int = field(default=32, validator=[validators.ge(1), validators.le(64)])  #: most requests at once
    wait: bool = True  #: wait until every object is ready
    run_timeout_seconds: float = _seconds(3600.0)  #: the whole run, from its first write
    ready_timeout_seconds: float = _seconds(300.0)  #: per object, from its own write
    poll_seconds: float = _seconds(1.0)  #: between two looks at objects that are not ready
    ready: ReadyPolicy = field(factory=ReadyPolicy)  #: what counts as ready where that is a matter of taste

    @property
    def force(self) -> bool:
        """Whether an apply takes fields from other managers without looking at them first."""
        return self.conflicts is Conflicts.TAKE and not self.conflict_rules

    @property
    def terms(self) -> str:
        """What decides about conflicts, as a text to compare: what was yielded under it is as wanted only under it."""
        return repr((self.conflicts, self.conflict_rules))
