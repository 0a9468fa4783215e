"""What a run may do: values to pass in, compare and print."""

from __future__ import annotations

from attrs import field, frozen, validators

from brokkr_core.apply.conflict_rule import ConflictRule
from brokkr_core.model.conflict import Conflicts
from brokkr_core.model.ref import GroupKind
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
    workers: int = field(default=32, validator=[validators.ge(1), validators.le(64)])  #: most requests at once
    wait: bool = True  #: wait until every object is ready
    run_timeout_seconds: float = _seconds(3600.0)  #: the whole run, from its first write
    ready_timeout_seconds: float = _seconds(300.0)  #: per object, from its own write
    poll_seconds: float = _seconds(1.0)  #: between two looks at objects that are not ready

    @property
    def force(self) -> bool:
        """Whether an apply takes fields from other managers without looking at them first."""
        return self.conflicts is Conflicts.TAKE and not self.conflict_rules


#: Kinds whose deletion takes data with it that no re-apply brings back.
PROTECTED = frozenset(
    {
        GroupKind(group="", kind="Namespace"),
        GroupKind(group="", kind="PersistentVolume"),
        GroupKind(group="", kind="PersistentVolumeClaim"),
        GroupKind(group="apiextensions.k8s.io", kind="CustomResourceDefinition"),
    }
)


@frozen(kw_only=True)
class PrunePolicy:
    """What may be deleted when it leaves a stack.

    The percentage is of the objects the stack had; it counts only above ``small`` deletions, so that a stack of
    three objects may lose two.
    """

    protected: frozenset[GroupKind] = PROTECTED
    max_objects: int = 100
    max_percent: float = 50.0
    small: int = 10
    allow_empty: bool = False  #: only a deletion marker may empty a stack
    gone_timeout_seconds: float = _seconds(120.0)  #: how long finalizers may take
    poll_seconds: float = _seconds(1.0)

    def over_budget(self, *, deleting: int, of: int) -> str:
        """Say why so many deletions are too many, or return the empty text."""
        if deleting > self.max_objects:
            return f"{deleting} deletions are more than the {self.max_objects} that one run may make"
        percent = 100.0 * deleting / of if of else 0.0
        if deleting > self.small and percent > self.max_percent:
            return f"{deleting} of {of} objects ({percent:.0f} %) are more than {self.max_percent:.0f} % of the stack"
        return ""
