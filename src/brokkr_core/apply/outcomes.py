"""From an error to the outcome an object ends in."""

from __future__ import annotations

import re

from attrs import evolve

from brokkr_core.apply.conflicts.send import ConflictsError
from brokkr_core.apply.difference.credentials import sounds_secret
from brokkr_core.apply.difference.paths import below
from brokkr_core.apply.frontier import Blocked
from brokkr_core.errors import (
    ApiError,
    BadRequestError,
    BrokkrError,
    Cause,
    FieldConflictError,
    ForbiddenError,
    InvalidError,
    NetworkError,
    StoppedError,
    UnauthenticatedError,
)
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.kinds import SECRET
from brokkr_core.model.manifest import Manifest, Origin
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef

STOPPED = "Stopped"  #: the code of what a stop kept from being begun or seen
OUTDATED = "Outdated"  #: the same, when it is not wanted like this any more

_ACTIONS: tuple[tuple[type[BrokkrError], Action], ...] = (
    (FieldConflictError, Action.CONFLICT),
    (InvalidError, Action.INVALID),
    (BadRequestError, Action.INVALID),
    (ForbiddenError, Action.FORBIDDEN),
    (UnauthenticatedError, Action.FORBIDDEN),
    (StoppedError, Action.NOT_OBSERVED),
)

#: Reasons of the API server itself (apimachinery ``StatusReason``); a webhook may put any text into that place.
_REASONS = frozenset(
    {"AlreadyExists", "BadRequest", "Conflict", "Expired", "Forbidden", "Gone", "InternalError", "Invalid"}
    | {"MethodNotAllowed", "NotAcceptable", "NotFound", "NotJson", "RequestEntityTooLarge", "ServerTimeout"}
    | {"ServiceUnavailable", "StoreReadError", "Timeout", "TooManyRequests", "Unauthorized", "UnsupportedMediaType"}
)
#: Reasons of causes (apimachinery ``CauseType``).
_CAUSES = frozenset(
    {"FieldManagerConflict", "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueNotFound"}
    | {"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany"}
    | {"FieldValueTypeInvalid", "ResourceVersionTooLarge", "UnexpectedServerResponse"}
)
#: The members of a Secret that a field path may begin with.
_MEMBERS = ("data", "stringData", "type", "immutable", "metadata")


def failure(manifest: Manifest, error: BrokkrError) -> Outcome:
    """Turn an error about one object into its outcome.

    Args:
        manifest: the object.
        error: what went wrong.

    Returns:
        The outcome, with code, causes and the place of the manifest. What a server or a webhook says of a Secret may
        quote its values, so there only reasons and fields that are known by name are kept.
    """
    action = next((action for kind, action in _ACTIONS if isinstance(error, kind)), Action.FAILED)
    outcome = Outcome(
        ref=manifest.ref, action=action, message=str(error), code=code_of(manifest.ref, error), origin=manifest.origin
    )
    if isinstance(error, ConflictsError):
        # Their paths were found in the object's own managedFields, so they hold names and no values.
        outcome = evolve(outcome, conflicts=error.conflicts)
    if isinstance(error, ApiError):
        outcome = evolve(outcome, message=error.message, causes=error.causes)
    if isinstance(error, ApiError) and manifest.ref.group_kind == SECRET:
        return _sealed(outcome, error, manifest.body)
    if isinstance(error, ApiError) and any(sounds_secret(_last_name(cause.field)) for cause in error.causes):
        return _hushed(outcome, error)
    return outcome


def blocked_outcome(blocked: Blocked, root: Outcome, *, origin: Origin | None = None) -> Outcome:
    """Say that an object was not tried, and print the chain that leads to the failure.

    Args:
        blocked: the object and its chain.
        root: what failed.
        origin: where the object was written.

    Returns:
        Its outcome.
    """
    chain = "; ".join(str(edge) for edge in blocked.chain)
    return Outcome(
        ref=blocked.ref,
        action=Action.BLOCKED,
        code="DependencyFailed",
        message=f"{chain}; {root.ref} {root.action}",
        blocked_by=tuple(edge.before for edge in blocked.chain),
        origin=origin,
    )


def not_begun(ref: ObjectRef, *, code: str = STOPPED, why: str = "stopped", origin: Origin | None = None) -> Outcome:
    """Say that an object was left for the next run.

    Args:
        ref: which object.
        code: what kept it from being begun.
        why: the same in words.
        origin: where the object was written.

    Returns:
        Its outcome.
    """
    return Outcome(ref=ref, action=Action.BLOCKED, code=code, message=f"{why} before its turn", origin=origin)


def words(ref: ObjectRef, error: BrokkrError) -> str:
    """Return what may be said of an error about an object: of a Secret nothing that the server wrote.

    Args:
        ref: the object.
        error: what went wrong.

    Returns:
        The error's text, or what can be said without it.
    """
    if isinstance(error, ApiError) and ref.group_kind == SECRET:
        return _withheld(_known_reason(error))
    return str(error)


def code_of(ref: ObjectRef, error: BrokkrError) -> str:
    """Return the word to branch on: the server's reason, or one of ours such as ``Unreachable``."""
    if isinstance(error, ApiError):
        return _known_reason(error) if ref.group_kind == SECRET else error.reason
    if isinstance(error, NetworkError):
        return "Unreachable"
    return type(error).__name__.removesuffix("Error")


def _sealed(outcome: Outcome, error: ApiError, body: JsonObject) -> Outcome:
    """Drop the server's words from an outcome and keep the facts that only the API server itself can have put there."""
    causes = tuple(
        Cause(
            reason=cause.reason if cause.reason in _CAUSES else "",
            message="",
            field=_known_field(cause.field, body),
        )
        for cause in error.causes
    )
    fields = ", ".join(cause.field for cause in causes if cause.field)
    return evolve(outcome, causes=causes, message=_withheld(outcome.code, f" at {fields}" if fields else ""))


def _hushed(outcome: Outcome, error: ApiError) -> Outcome:
    """Drop the server's words about fields that sound like credentials: they quote the values."""
    causes = tuple(
        evolve(cause, message="") if sounds_secret(_last_name(cause.field)) else cause for cause in error.causes
    )
    fields = ", ".join(cause.field for cause in causes)
    message = f"the API server refused {fields} ({outcome.code}); its words are withheld, they may quote a credential"
    return evolve(outcome, causes=causes, message=message)


def _last_name(path: str) -> str:
    """Return the last name of a field path; ``spec.tokens[0]`` ends in ``tokens``."""
    return next((name for name in reversed(re.findall(r"[^.\[\]]+", path)) if not name.isdecimal()), "")


def _withheld(code: str, where: str = "") -> str:
    return f"the API server refused this Secret ({code}){where}; its words are withheld, they may quote values"


def _known_reason(error: ApiError) -> str:
    return error.reason if error.reason in _REASONS else f"HTTP{error.status}"


def _known_field(field: str, body: JsonObject) -> str:
    """Return a field path of a Secret as far as it names what is known to be a name."""
    path = field.removeprefix(".")
    keys = [(member, key) for member in ("data", "stringData") for key in as_object(body.get(member))]
    if any(path in (f"{member}.{key}", f"{member}[{key}]") for member, key in keys):
        return path
    return next((member for member in _MEMBERS if below(path, member)), "")
