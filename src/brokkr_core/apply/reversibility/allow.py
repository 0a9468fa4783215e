"""Which classes of change a run may make: sets of words, and how people write them."""

from __future__ import annotations

from typing import Final

from brokkr_core.errors import UsageError
from brokkr_core.model.reversibility import Reversibility

ALL: Final = frozenset(Reversibility)
#: What a run that has to be able to go back allows (design 5.3(1)).
RESTORABLE: Final = frozenset({Reversibility.EXACT, Reversibility.VALUE_ONLY})


def parse_allowed(*texts: str) -> frozenset[Reversibility]:
    """Read classes as people write them.

    Args:
        texts: classes separated by commas, such as ``exact,value-only``; every text may hold several.

    Returns:
        The classes, and ``exact``, which is always allowed.

    Raises:
        UsageError: there is no class of that name, or none is named.
    """
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    strangers = [word for word in words if word not in list(Reversibility)]
    if strangers or not words:
        allowed = ", ".join(Reversibility)
        raise UsageError(f"{', '.join(map(repr, strangers)) or 'no class'}: write one or more of {allowed}")
    return frozenset({Reversibility.EXACT, *map(Reversibility, words)})
