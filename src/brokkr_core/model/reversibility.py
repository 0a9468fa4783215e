"""How far a change can be taken back through the API (design 5.3(1))."""

from __future__ import annotations

from enum import StrEnum


class Reversibility(StrEnum):
    """What is left of a change after its undoing, from nothing to everything."""

    EXACT = "exact"  #: values, identity and owners can be as before
    VALUE_ONLY = "value-only"  #: values can be as before; owners or something that values do not show cannot
    IDENTITY_LOSS = "identity-loss"  #: only by deleting and creating anew: another uid, perhaps another address
    IRREVERSIBLE = "irreversible"  #: not through the API at all
