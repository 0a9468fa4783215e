"""Patterns of a schema are RE2's; Python reads most of them alike, and the others are left to the server."""

from __future__ import annotations

import re
from functools import lru_cache

#: Python would read these otherwise than RE2, or only with a warning: POSIX classes, sets that look nested,
#: a repetition without a lower bound, and operators between sets.
_OTHERWISE = ("[[", "[^[", "{,", "--", "&&", "~~", "||")

#: Characters that a text may have to be matched; RE2 takes linear time for any of them, Python does not.
LONGEST = 4096


def matches(pattern: str, value: str) -> bool:
    """Tell whether a pattern is found in a text, in doubt that it is.

    Args:
        pattern: a pattern in RE2's syntax.
        value: the text.

    Returns:
        False only when Python can read the pattern as RE2 does and does not find it.
    """
    compiled = _compiled(pattern)
    return compiled is None or len(value) > LONGEST or compiled.search(value) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if any(mark in pattern for mark in _OTHERWISE):
        return None
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None
