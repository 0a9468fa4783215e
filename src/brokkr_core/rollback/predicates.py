"""What was compared about one object after a restore (design 5.3(8))."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Predicates:
    """The predicates that are about one object. None means that nothing was compared, so nothing is claimed.

    P8, the inventory, and P10, the window, are about the whole run.
    """

    existence: bool | None = None  #: P1: there, or not there, as before
    identity: bool | None = None  #: P2: the same uid
    own_fields: bool | None = None  #: P3: our manager owns what it owned before
    values: bool | None = None  #: P4: where our write had changed or removed a value, the value from before stands
    no_residue: bool | None = None  #: P5: nothing is left that our write had brought in
    other_owners: bool | None = None  #: P6: everybody else owns what they owned before
    drift: tuple[str, ...] = ()  #: P7: paths that our write had not touched and that differ; for information
    health: bool | None = None  #: P9: ready again if it was ready before

    @property
    def exact(self) -> bool:
        """Whether everything that exactness needs was compared and holds; health is judged where it is known."""
        needed = (self.existence, self.identity, self.own_fields, self.values, self.no_residue, self.other_owners)
        return all(needed) and not self.drift and self.health is not False


#: Of an object that was not there before and is not there now.
ABSENT_AGAIN = Predicates(existence=True)

#: Of an object that still stands at the very version that was recorded.
NEVER_MOVED = Predicates(
    existence=True, identity=True, own_fields=True, values=True, no_residue=True, other_owners=True
)
