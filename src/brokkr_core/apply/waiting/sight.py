"""What was seen of an object, and whether that is newer than what is known of it."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.errors import BrokkrError
from brokkr_core.model.json import JsonObject, as_int, as_object, dig


@frozen(kw_only=True)
class Sight:
    """One look at an object: it is there, it is gone, or it could not be seen.

    ``body`` of an object that is gone is how it was last, if that was told.
    """

    body: JsonObject | None = field(default=None, repr=False)
    gone: bool = False
    trouble: BrokkrError | None = None


def light(body: JsonObject) -> JsonObject:
    """Return an object without its ``managedFields``: more than half of it, and nothing that readiness reads."""
    metadata = as_object(body.get("metadata"))
    return {**body, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def older(body: JsonObject, known: JsonObject) -> bool:
    """Tell whether a look at an object comes from before a known state of it.

    A watch may lag behind a write. Versions are compared as numbers (KEP-5504 makes that a promise); where they are
    none, the generation has to do.

    Args:
        body: what was seen.
        known: what the server had answered before.

    Returns:
        Whether it is old news.
    """
    if uid(body) != uid(known):
        return False
    seen, had = resource_version(body), resource_version(known)
    if seen.isdecimal() and had.isdecimal():
        return int(seen) < int(had)
    return as_int(dig(body, "metadata", "generation")) < as_int(dig(known, "metadata", "generation"))
