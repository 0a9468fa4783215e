"""How a text that may hold somebody's secret is shown: by its length."""

from __future__ import annotations


def sized(text: str | None) -> str:
    """Show how long a text is instead of the text; for the ``repr`` of a field."""
    return "None" if text is None else f"<{len(text)} characters>"
