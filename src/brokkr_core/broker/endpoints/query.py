"""Query parameters as the broker reads them."""

from __future__ import annotations

from datetime import datetime

from brokkr_core.broker.codec import format_timestamp
from brokkr_core.errors import UsageError


def query_of(**given: str | int | bool | datetime | None) -> dict[str, str]:
    """Write query parameters; None leaves one out, an underscore at the end of a name is dropped.

    Args:
        given: the parameters; ``from_`` stands for ``from``.

    Returns:
        The parameters as text.

    Raises:
        UsageError: a time has no time zone.
    """
    return {name.rstrip("_"): _text(name, value) for name, value in given.items() if value is not None}


def _text(name: str, value: str | int | bool | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, datetime):
        return str(value)
    try:
        return format_timestamp(value)
    except ValueError as error:
        raise UsageError(f"{name.rstrip('_')}: {error}") from None
