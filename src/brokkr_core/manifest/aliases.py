"""What aliases may cost, and how their values are copied."""

from __future__ import annotations

from brokkr_core.manifest.limits import Limits, over
from brokkr_core.manifest.scalars import ScalarError
from brokkr_core.model.json import Json

#: go-yaml v2 (decode.go): a document may be mostly aliases while it is small, and hardly when it is large.
FREE_ALIASED, FREE_TOTAL = 100, 1000
LOW_TOTAL, LOW_SHARE = 400_000, 0.99
HIGH_TOTAL, HIGH_SHARE = 4_000_000, 0.10


def allowed_share(total: int) -> float:
    """Return which share of a document's values may come from aliases.

    Args:
        total: values read so far, those from aliases included.

    Returns:
        A share between 0.10 and 0.99, falling linearly between 400 000 and 4 000 000 values.
    """
    if total <= LOW_TOTAL:
        return LOW_SHARE
    if total >= HIGH_TOTAL:
        return HIGH_SHARE
    return LOW_SHARE - (LOW_SHARE - HIGH_SHARE) * (total - LOW_TOTAL) / (HIGH_TOTAL - LOW_TOTAL)


def check_share(total: int, aliased: int, limits: Limits) -> None:
    """Refuse a document in which aliases expand to too much.

    Args:
        total: values read so far, those from aliases included.
        aliased: how many of them came from aliases.
        limits: ``alias_values`` is watched here.

    Raises:
        ScalarError: too many values, or too large a share of them, come from aliases.
    """
    advice = "write the values out"
    if aliased > limits.alias_values:
        raise ScalarError(over("alias_values", limits.alias_values, "aliases expand to too many values", advice))
    if aliased > FREE_ALIASED and total > FREE_TOTAL and aliased / total > allowed_share(total):
        raise ScalarError(
            f"the document contains excessive aliasing ({aliased} of {total} values come from aliases); {advice}"
        )


def copied(value: Json) -> Json:
    """Copy a value so that no two places of a body share a mapping or a sequence.

    Args:
        value: plain JSON; its depth is within ``Limits.depth``.

    Returns:
        An equal value that shares only scalars.
    """
    if isinstance(value, dict):
        return {key: copied(member) if isinstance(member, dict | list) else member for key, member in value.items()}
    if isinstance(value, list):
        return [copied(member) if isinstance(member, dict | list) else member for member in value]
    return value
