"""What can be told of an object without asking a server: its size, and its schema where the bundle brings it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from brokkr_core.apply.preflight.schema import check_schema
from brokkr_core.apply.preflight.sizes import check_size
from brokkr_core.errors import Cause
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.kinds import DEFINITION
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import GroupKind

TOO_LARGE = "TooLarge"
INVALID = "Invalid"


def definitions_of(manifests: Iterable[Manifest]) -> dict[GroupKind, JsonObject]:
    """Return the definitions a bundle brings, by the kind that they define."""
    bodies = (manifest.body for manifest in manifests if manifest.ref.group_kind == DEFINITION)
    return {
        GroupKind(group=as_text(dig(body, "spec", "group")), kind=as_text(dig(body, "spec", "names", "kind"))): body
        for body in bodies
    }


def too_large(manifest: Manifest) -> Outcome | None:
    """Refuse an object that no cluster would store; None when it is small enough."""
    causes = check_size(manifest)
    return _refused(manifest, causes, TOO_LARGE) if causes else None


def misfit(manifest: Manifest, definitions: Mapping[GroupKind, JsonObject], *, new: bool) -> Outcome | None:
    """Refuse an object that does not fit the definition it comes with.

    Args:
        manifest: the object.
        definitions: what the bundle brings.
        new: whether the object does not exist yet.

    Returns:
        The refusal; None when it fits, or when its definition is not in the bundle.
    """
    definition = definitions.get(manifest.ref.group_kind)
    causes = check_schema(manifest, definition, new=new) if definition is not None else ()
    return _refused(manifest, causes, INVALID) if causes else None


def _refused(manifest: Manifest, causes: tuple[Cause, ...], code: str) -> Outcome:
    return Outcome(
        ref=manifest.ref,
        action=Action.INVALID,
        code=code,
        message="; ".join(f"{cause.field}: {cause.message}" for cause in causes),
        causes=causes,
        origin=manifest.origin,
    )
