"""Why an object that the run created must stay all the same (design 5.3(7)). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.apply.difference.paths import differences
from brokkr_core.apply.prune.finalizers import is_well_known
from brokkr_core.apply.prune.guards import bonds
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.kinds import CLAIM, VOLUME
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback.owners import owned_paths


def keep_reason(after: JsonObject, live: JsonObject) -> str:
    """Decide whether an object that the run created must stay.

    Args:
        after: the object as our write left it.
        live: the object as it stands.

    Returns:
        Why, in our own words and without any value of the object; empty when it may be deleted.
    """
    return next(_reasons(after, live), "")


def theirs(after: JsonObject, live: JsonObject) -> tuple[str, ...]:
    """Find what others have changed of an object that the run created.

    What they have added does not count: controllers fill in what was left open. Neither does what a subresource
    has written, such as an autoscaler through ``scale``.

    Args:
        after: the object as our write left it.
        live: the object as it stands.

    Returns:
        The paths where a value of ours is not there any more, sorted.
    """
    scaled = {path for path, entry in owned_paths(live) if dig(entry, "subresource")}
    changed = {one.path for one in differences(after, live) if any(map(_says_something, one.before))}
    return tuple(sorted(path for path in changed if path not in scaled))


def _reasons(after: JsonObject, live: JsonObject) -> Iterator[str]:
    # What we named ourselves is a wish; that it was met shows in the status, and by what came since.
    tied = ref_of(live).group_kind in (CLAIM, VOLUME)
    wished = frozenset(bonds(after))
    for bond in (one for one in bonds(live) if tied and one not in wished):
        yield f"{bond}, and its data may go with it"
    for owner in _added(after, live, "ownerReferences"):
        yield f"{as_text(dig(owner, 'kind'))}/{as_text(dig(owner, 'name'))} has made it its own since"
    for finalizer in _added(after, live, "finalizers"):
        if not is_well_known(as_text(finalizer)):
            yield f"somebody has put the finalizer {as_text(finalizer)} on it since"


def _added(after: JsonObject, live: JsonObject, member: str) -> Iterator[Json]:
    """Yield the items of a list in the metadata that were not there after our write; owners are told apart by uid."""
    then = [_identity(one) for one in as_list(dig(after, "metadata", member))]
    return (one for one in as_list(dig(live, "metadata", member)) if _identity(one) not in then)


def _identity(item: Json) -> Json:
    return dig(item, "uid") if isinstance(item, dict) else item


def _says_something(value: Json) -> bool:
    """Whether a value is more than an empty place for a controller to fill, such as the rules of an aggregated role."""
    return value is not None and value not in ("", [], {})
