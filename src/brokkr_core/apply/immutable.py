"""Does a refusal mean that a field can never change? Only then would a new object help. Pure.

Every cause has to say so, in the words of the API server's own validation. A refusal with any other cause is an
object that would be refused as a new one too, and nothing is ever deleted for it.
"""

from __future__ import annotations

import re

from brokkr_core.errors import ApiError, Cause, InvalidError

#: Reasons that validation gives for a change it does not allow (apimachinery ``field.ErrorType``).
_REASONS = frozenset({"FieldValueInvalid", "FieldValueForbidden"})
#: How the validation of built-in kinds words it.
_WORDS = re.compile(
    r"field is immutable"
    r"|may not be changed"
    r"|may not change once set"
    r"|cannot change roleRef"
    r"|updates to \w+ spec for fields other than .* are forbidden"
    r"|pod updates may not change fields other than"
    r"|spec is immutable after creation"
)


def immutable_fields(error: ApiError) -> tuple[str, ...]:
    """Find the fields that an update may not change.

    Args:
        error: the refusal of an apply.

    Returns:
        Their paths; empty when the refusal is about anything else as well.
    """
    if not isinstance(error, InvalidError) or error.status != 422 or error.reason != "Invalid" or not error.causes:
        return ()
    if not all(map(_immutable, error.causes)):
        return ()
    return tuple(dict.fromkeys(cause.field for cause in error.causes))


def _immutable(cause: Cause) -> bool:
    return cause.reason in _REASONS and bool(cause.field) and _WORDS.search(cause.message) is not None
