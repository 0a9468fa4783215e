"""A revision's text, read all or nothing."""

from __future__ import annotations

from brokkr_core.manifest import parse_all
from brokkr_core.model.manifest import Manifest


def read(text: str, *, source: str) -> tuple[Manifest, ...]:
    """Parse a revision's text; every document that cannot be read is named.

    Raises:
        InputErrors: what is wrong, document by document.
    """
    return parse_all(text, source_name=source).checked().manifests
