"""One line of the transition table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen

from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.ref import GroupKind
from brokkr_core.model.reversibility import Reversibility

#: The field paths that make a rule apply, none for the object as a whole; None where it does not apply.
Found: TypeAlias = "tuple[str, ...] | None"


@frozen(kw_only=True)
class Rule:
    """What keeps some change of some kinds from being taken back exactly.

    ``when`` and ``reason`` are the words of the reference page, and ``reason`` those of a refusal.
    """

    name: str
    kinds: tuple[GroupKind, ...] = ()  #: none means any
    reversibility: Reversibility
    when: str
    reason: str
    finds: Callable[[Transition], Found] = field(repr=False)

    def of(self, transition: Transition) -> Found:
        """Return the paths that make it apply, or None."""
        if self.kinds and transition.kind not in self.kinds:
            return None
        return self.finds(transition)


def those(transition: Transition, *paths: str) -> Found:
    """Return the paths at which an object would change, or None when it stays the same at all of them."""
    return tuple(path for path in paths if transition.moves(path)) or None


def recreated(transition: Transition) -> Found:
    """Return the fields because of which an object is deleted and created anew, or None when it is not."""
    return transition.changed if transition.recreated else None
