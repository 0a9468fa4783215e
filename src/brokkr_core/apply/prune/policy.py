"""What may be deleted when it leaves a stack: a value to pass in, compare and print."""

from __future__ import annotations

from attrs import field, frozen, validators

from brokkr_core.model.kinds import CLAIM, DEFINITION, NAMESPACE, VOLUME
from brokkr_core.model.ref import GroupKind

#: Kinds whose deletion takes data with it that no re-apply brings back.
PROTECTED = frozenset({NAMESPACE, VOLUME, CLAIM, DEFINITION})


@frozen(kw_only=True)
class TakeAlong:
    """What the deletion of an object that is not protected may take along. Everything has to be said explicitly."""

    content: bool = False  #: objects of others in a Namespace
    instances: bool = False  #: objects of others of the kind that a CustomResourceDefinition defines
    volumes: bool = False  #: the data of a claim or volume that is bound, or was


def _seconds(default: float) -> float:
    made: float = field(default=default, validator=validators.gt(0))
    return made


@frozen(kw_only=True)
class PrunePolicy:
    """What may be deleted when it leaves a stack.

    The percentage is of the objects the stack had; it counts only above ``small`` deletions, so that a stack of
    three objects may lose two.
    """

    protected: frozenset[GroupKind] = PROTECTED
    take_along: TakeAlong = field(factory=TakeAlong)
    max_objects: int = 100
    max_percent: float = 50.0
    small: int = 10
    allow_empty: bool = False  #: only a deletion marker may empty a stack
    workers: int = field(default=8, validator=[validators.ge(1), validators.le(64)])
    gone_timeout_seconds: float = _seconds(120.0)  #: how long finalizers may take, per object, from its own deletion
    poll_seconds: float = _seconds(1.0)

    def over_budget(self, *, deleting: int, of: int) -> str:
        """Say why so many deletions are too many, or return the empty text."""
        if deleting > self.max_objects:
            return f"{deleting} deletions are more than the {self.max_objects} that one run may make"
        percent = 100.0 * deleting / of if of else 0.0
        if deleting > self.small and percent > self.max_percent:
            return f"{deleting} of {of} objects ({percent:.0f} %) are more than {self.max_percent:.0f} % of the stack"
        return ""
