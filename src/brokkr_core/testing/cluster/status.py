"""Refusals, worded and shaped as the API server words and shapes them (``metav1.Status``)."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.paths import compact


@frozen(kw_only=True)
class Fault:
    """One entry of ``details.causes``."""

    reason: str
    message: str
    field: str = ""

    def to_json(self) -> JsonObject:
        """Return the cause as a Status lists it."""
        out: JsonObject = {"reason": self.reason, "message": self.message}
        if self.field:
            out["field"] = self.field
        return out


def invalid_value(field: str, value: Json, rule: str) -> Fault:
    """Build the fault of a value that breaks a rule."""
    return Fault(reason="FieldValueInvalid", message=f"Invalid value: {compact(value)}: {rule}", field=field)


def required_value(field: str, rule: str = "") -> Fault:
    """Build the fault of a value that is missing."""
    message = f"Required value: {rule}" if rule else "Required value"
    return Fault(reason="FieldValueRequired", message=message, field=field)


class Refusal(Exception):  # noqa: N818 - a no of the server, not an error of the emulator
    """The server says no.

    Args:
        code: HTTP status.
        reason: the machine-readable reason; empty for errors the server does not classify.
        message: the sentence.
        details: name, group, kind and whatever else belongs to the reason.
        causes: the single faults.
        retry_after_seconds: sets the ``Retry-After`` header.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: JsonObject | None = None,
        causes: Sequence[Fault] = (),
        retry_after_seconds: int = 0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})
        self.has_details = details is not None
        self.causes = tuple(causes)
        self.retry_after_seconds = retry_after_seconds

    def to_json(self) -> JsonObject:
        """Return the Status object."""
        out: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            out["reason"] = self.reason
        details: JsonObject = {key: value for key, value in self.details.items() if value not in ("", None)}
        if self.causes:
            details["causes"] = [cause.to_json() for cause in self.causes]
        if self.retry_after_seconds:
            details["retryAfterSeconds"] = self.retry_after_seconds
        if details or self.has_details:
            out["details"] = details
        out["code"] = self.code
        return out


def refused(refusal: Refusal) -> Response:
    """Return a refusal as the answer that carries it."""
    headers = {"retry-after": str(refusal.retry_after_seconds)} if refusal.retry_after_seconds else None
    return Response.of_json(refusal.code, refusal.to_json(), headers)


@frozen(kw_only=True)
class Target:
    """What a refusal is about; ``name`` and the resource appear in its sentence."""

    group: str
    plural: str
    kind: str
    name: str = ""

    @property
    def resource(self) -> str:
        """The resource as messages print it, such as ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind as validation messages print it, such as ``Deployment.apps``."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def details(self) -> JsonObject:
        """The details that name the resource."""
        return {"name": self.name, "group": self.group, "kind": self.plural}


def bad_request(message: str) -> Refusal:
    """Build a 400."""
    return Refusal(400, "BadRequest", message)


def not_found(target: Target) -> Refusal:
    """Build a 404 for one object."""
    return Refusal(404, "NotFound", f'{target.resource} "{target.name}" not found', details=target.details)


def already_exists(target: Target, *, going: bool = False) -> Refusal:
    """Build the 409 of a second create; ``going`` says that the first object is being deleted."""
    message = f'{target.resource} "{target.name}" already exists'
    if going:
        message = f"object is being deleted: {message}"
    return Refusal(409, "AlreadyExists", message, details=target.details)


STALE = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(target: Target, problem: str = STALE) -> Refusal:
    """Build the 409 of a write that does not fit what is there."""
    message = f'Operation cannot be fulfilled on {target.resource} "{target.name}": {problem}'
    return Refusal(409, "Conflict", message, details=target.details)


def forbidden(target: Target, problem: str, causes: Sequence[Fault] = ()) -> Refusal:
    """Build a 403."""
    message = f'{target.resource} "{target.name}" is forbidden: {problem}'
    return Refusal(403, "Forbidden", message, details=target.details, causes=causes)


def method_not_allowed(problem: str = "the server does not allow this method on the requested resource") -> Refusal:
    """Build a 405."""
    return Refusal(405, "MethodNotAllowed", problem, details={})


def expired(message: str) -> Refusal:
    """Build a 410."""
    return Refusal(410, "Expired", message)


def unsupported_media_type(accepted: Sequence[str]) -> Refusal:
    """Build a 415."""
    message = "the body of the request was in an unknown format - accepted media types include: "
    return Refusal(415, "UnsupportedMediaType", message + ", ".join(accepted))


def unknown_patch_format() -> Refusal:
    """Build the 415 that stands in front of the patches of built-in kinds; it names no format."""
    return Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", details={})


def invalid(target: Target, faults: Sequence[Fault]) -> Refusal:
    """Build a 422 that lists every fault."""
    lines = [f"{fault.field}: {fault.message}" for fault in faults]
    text = lines[0] if len(lines) == 1 else "[" + ", ".join(lines) + "]"
    details: JsonObject = {"name": target.name, "group": target.group, "kind": target.kind}
    message = f'{target.qualified_kind} "{target.name}" is invalid: {text}'
    return Refusal(422, "Invalid", message, details=details, causes=faults)


def unclassified(message: str) -> Refusal:
    """Build the 500 without a reason that the server gives for errors it does not classify."""
    return Refusal(500, "", message)


def success(target: Target, uid: Json) -> JsonObject:
    """Build the Status that answers a delete which is already done."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**{k: v for k, v in target.details.items() if v != ""}, "uid": uid},
    }


def nothing_there() -> Refusal:
    """Build the 404 for a path that names no resource in a group and version that is served."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", details={})


def page_not_found() -> Response:
    """Return the answer for a path where nothing at all is served."""
    return Response.of_text(404, "404 page not found\n")


def warning_headers(warnings: tuple[str, ...]) -> dict[str, str] | None:
    """Write warnings as RFC 7234 section 5.5 has them."""
    if not warnings:
        return None
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in warnings)
    return {"warning": ", ".join(f'299 - "{text}"' for text in quoted)}
