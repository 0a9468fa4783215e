"""From the API server's answer to one typed error."""

from __future__ import annotations

import contextlib
import json

from brokkr_core.errors import (
    AlreadyExistsError,
    ApiError,
    BadRequestError,
    Cause,
    FieldConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    ServerFaultError,
    StaleWriteError,
    ThrottledError,
    UnauthenticatedError,
    cut,
)
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

#: The cause type of a server-side apply conflict; only these causes make a 409 a field conflict.
FIELD_MANAGER_CONFLICT = "FieldManagerConflict"

#: The server quotes the value first and says what is wrong with it last.
TAIL = 150

_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    410: GoneError,
    422: InvalidError,
    429: ThrottledError,
}


_MISFITS = (b"failed to create typed patch object", b"failed to convert new object")


def api_error(request: Request, response: Response) -> ApiError:
    """Turn a refusal into the error that says which kind of no it is.

    A body that is no ``Status`` (a proxy's HTML, say) is dropped: foreign text may hold anything.

    Args:
        request: what was asked; only method and path are kept.
        response: an answer with a status of 400 or more.

    Returns:
        The error, not raised.
    """
    status = _status_object(response)
    reason = as_text(status.get("reason")) or f"HTTP{response.status}"
    causes = [_cause(entry) for entry in as_list(dig(status, "details", "causes"))]
    kind = InvalidError if refused_by_schema(response) else _error_type(response.status, reason, causes)
    return kind(
        status=response.status,
        reason=reason,
        message=cut(as_text(status.get("message")), tail=TAIL) or "the answer holds no Kubernetes Status",
        request=request.endpoint,
        causes=causes,
        retry_after_seconds=retry_after(response, status),
    )


def refused_by_schema(response: Response) -> bool:
    """Whether a 500 really means that an apply does not fit the kind's schema.

    The API server reports an undeclared field or a wrong type in an apply as an internal error with the first text,
    and bad base64, quantities, times or fractions with the second. Asking again gives the same answer.
    """
    return response.status == 500 and any(text in response.body for text in _MISFITS)


def retry_after(response: Response, status: JsonObject) -> float | None:
    """Read how long the server asks to wait: the header (RFC 9110 10.2.3, seconds), else the Status details."""
    header = response.headers.get("retry-after", "").strip()
    if header.isascii() and header.isdigit():
        return float(header[:12])
    seconds = dig(status, "details", "retryAfterSeconds")
    return float(seconds) if isinstance(seconds, int) and seconds else None


def _error_type(status: int, reason: str, causes: list[Cause]) -> type[ApiError]:
    """Split 409, one status for three different things, by reason and causes."""
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExistsError
    if status == 409:
        conflict = any(cause.reason == FIELD_MANAGER_CONFLICT for cause in causes)
        return FieldConflictError if conflict else StaleWriteError
    if status >= 500:
        return ServerFaultError
    return _BY_STATUS.get(status, ApiError)


def _status_object(response: Response) -> JsonObject:
    with contextlib.suppress(ValueError):
        value: Json = json.loads(response.body)
        found = as_object(value)
        if found.get("kind") == "Status":
            return found
    return {}


def _cause(entry: Json) -> Cause:
    found = as_object(entry)
    return Cause(
        reason=as_text(found.get("reason")),
        message=cut(as_text(found.get("message")), tail=TAIL),
        field=as_text(found.get("field")),
    )
