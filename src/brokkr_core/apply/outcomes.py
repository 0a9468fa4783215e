"""From an error to the outcome an object ends in."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.errors import (
    ApiError,
    BadRequestError,
    BrokkrError,
    Cause,
    FieldConflictError,
    ForbiddenError,
    InvalidError,
    NetworkError,
    UnauthenticatedError,
)
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import GroupKind

SECRET = GroupKind(group="", kind="Secret")

_ACTIONS: tuple[tuple[type[BrokkrError], Action], ...] = (
    (FieldConflictError, Action.CONFLICT),
    (InvalidError, Action.INVALID),
    (BadRequestError, Action.INVALID),
    (ForbiddenError, Action.FORBIDDEN),
    (UnauthenticatedError, Action.FORBIDDEN),
)


def failure(manifest: Manifest, error: BrokkrError) -> Outcome:
    """Turn an error about one object into its outcome.

    Args:
        manifest: the object.
        error: what went wrong.

    Returns:
        The outcome, with code, causes and the place of the manifest. What a server says of a Secret may quote
        its values, so there only reasons and field paths are kept.
    """
    action = next((action for kind, action in _ACTIONS if isinstance(error, kind)), Action.FAILED)
    outcome = Outcome(ref=manifest.ref, action=action, message=str(error), code=_code(error), origin=manifest.origin)
    if isinstance(error, ApiError):
        outcome = evolve(outcome, message=error.message, causes=error.causes)
    return sealed(outcome) if manifest.ref.group_kind == SECRET else outcome


def sealed(outcome: Outcome) -> Outcome:
    """Drop the server's words from an outcome and keep its facts."""
    causes = tuple(Cause(reason=cause.reason, message="", field=cause.field) for cause in outcome.causes)
    fields = ", ".join(cause.field for cause in causes if cause.field)
    where = f" at {fields}" if fields else ""
    message = (
        f"the API server refused this Secret ({outcome.code}){where}; its words are withheld, they may quote values"
    )
    return evolve(outcome, causes=causes, message=message)


def _code(error: BrokkrError) -> str:
    if isinstance(error, ApiError):
        return error.reason
    if isinstance(error, NetworkError):
        return "Unreachable"
    return type(error).__name__.removesuffix("Error")
