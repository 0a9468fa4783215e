"""Every exception of brokkr, one tree, split by whose fault it is.

::

    BrokkrError
    ├── UsageError                      ours or the caller's: a call that can never work
    ├── InputError                      their data
    │   ├── ManifestError               one document cannot be read or is no Kubernetes object
    │   ├── DuplicateObjectError        the same object twice in one bundle
    │   ├── CycleError                  the dependencies go round in a circle
    │   ├── UnknownKindError            the cluster does not serve this apiVersion/kind
    │   ├── ChecksumError               the text is not the one the broker vouched for
    │   ├── DecodeError                 an answer does not have the agreed shape
    │   ├── ConfigError                 a setting is missing or out of range
    │   └── InputErrors                 several of the above at once
    ├── NetworkError                    the line
    │   ├── BrokerUnreachableError
    │   │   └── HeldBackError           not sent: the line was bad a moment ago, or there is no room in time
    │   └── ClusterUnreachableError
    ├── BrokerError                     the broker's no: status, code, endpoint
    │   ├── BrokerAuthError             401 and 403
    │   └── NotABrokerError             200 with something that is not the agreed JSON
    ├── ApiError                        the cluster's no: status, reason, causes
    │   ├── BadRequestError             400
    │   ├── UnauthenticatedError        401
    │   ├── ForbiddenError              403
    │   ├── NotFoundError               404
    │   ├── AlreadyExistsError          409 reason AlreadyExists
    │   ├── FieldConflictError          409 with FieldManagerConflict causes
    │   ├── StaleWriteError             409 otherwise: uid or resourceVersion moved on
    │   ├── GoneError                   410
    │   ├── InvalidError                422
    │   ├── ThrottledError              429
    │   └── ServerFaultError            5xx
    ├── JournalError                    the record of a run cannot be kept, or is not whole
    ├── OutboxError                     results that the broker has to hear cannot be kept
    └── StoppedError                    a stop was asked for; not a failure

Errors carry facts as attributes and build their sentence from them: branch on the facts, never on the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Self

from brokkr_core.frozen import frozen

#: Foreign text (server messages, YAML) is cut to this many characters before it enters a message.
FOREIGN_TEXT_LIMIT = 400


def cut(text: str, limit: int = FOREIGN_TEXT_LIMIT, *, tail: int = 0) -> str:
    """Shorten foreign text so that an error stays readable.

    Args:
        text: any text from outside.
        limit: how many characters may stay.
        tail: how many of them are kept from the end, where the API server says what is wrong with a long value.

    Returns:
        The text, or its beginning and end with a note of how much was cut.
    """
    if len(text) <= limit:
        return text
    if tail:
        return f"{text[: limit - tail]}… [{len(text) - limit} more characters] …{text[-tail:]}"
    return f"{text[:limit]}… [{len(text) - limit} more characters]"


class BrokkrError(Exception):
    """The base of everything brokkr raises on purpose."""


class UsageError(BrokkrError):
    """A call that can never work, whatever the data: fix the calling code or command line."""


class InputError(BrokkrError):
    """The data handed in is wrong; sending it again will not help."""


class ManifestError(InputError):
    """One YAML document cannot be read, or is no Kubernetes object.

    Args:
        problem: what is wrong and what to do, without the place.
        source: where the text came from (a file name, ``-``, ``deployment object <id>``).
        document: number of the document in the stream, from 1; 0 when the stream as a whole is wrong.
        line: line in the stream, from 1; 0 when unknown.
        column: column in the line, from 1; 0 when unknown.
        path: field path such as ``metadata.name``, or empty.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str = "",
        document: int = 0,
        line: int = 0,
        column: int = 0,
        path: str = "",
    ) -> None:
        self.problem = problem
        self.source = source
        self.document = document
        self.line = line
        self.column = column
        self.path = path
        super().__init__(problem)

    def __str__(self) -> str:
        place = self.source or "manifest"
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        if self.document:
            place += f" (document {self.document})"
        field = f"{self.path}: " if self.path else ""
        return f"{place}: {field}{self.problem}"


class DuplicateObjectError(InputError):
    """The same object (group, kind, namespace, name) stands twice in one bundle."""


class CycleError(InputError):
    """The dependencies of a bundle go round in a circle.

    Args:
        message: the shortest circle, each hop with its reason.
        hops: the lines of that circle; each object waits for the next, the last for the first.
    """

    def __init__(self, message: str, *, hops: Sequence[str] = ()) -> None:
        self.hops = tuple(hops)
        super().__init__(message)


class UnknownKindError(InputError):
    """The cluster does not serve an apiVersion/kind that the bundle asks for."""


class OutsideNamespaceError(InputError):
    """An object of a bundle lies outside of the one namespace that everything is confined to."""


class ChecksumError(InputError):
    """The text of a deployment object does not have the checksum the broker gave for it."""


class DecodeError(InputError):
    """An answer does not have the agreed shape.

    Args:
        what: what was being read, for example ``DeploymentObject``.
        faults: every fault, each as ``problem @ $.path``.
    """

    def __init__(self, what: str, faults: Sequence[str]) -> None:
        self.what = what
        self.faults = tuple(faults)
        super().__init__(f"{what}: " + "; ".join(self.faults))


class ConfigError(InputError):
    """A setting is missing, has the wrong type or is out of range.

    Args:
        faults: every fault, each naming key, source, value and what is allowed.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class InputErrors(InputError):  # noqa: N818 - the plural is the point
    """Several input errors at once, so that one run tells everything there is to mend.

    Args:
        errors: the errors, in the order they were found; at least one.
    """

    def __init__(self, errors: Iterable[InputError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class NetworkError(BrokkrError):
    """The line to somebody is down; the same request may work later.

    Args:
        message: what was tried, where, and what happened.
        sent: whether the request may have reached the other side, so that its outcome is unknown.
        stale: whether a connection was lost that had served before: that happens on every line now and then, and says
            nothing about the health of the other side.
    """

    def __init__(self, message: str, *, sent: bool = True, stale: bool = False) -> None:
        self.sent = sent
        self.stale = stale
        super().__init__(message)

    def after(self, tries: int, *, sent: bool) -> Self:
        """Return the error that speaks for several tries.

        Args:
            tries: how many there were.
            sent: whether any of them may have reached the other side.

        Returns:
            An error of the same type, with the same facts.
        """
        whole = copy(self)
        whole.args = (f"{self}; gave up after {tries} tries",)
        whole.sent = sent
        return whole


class BrokerUnreachableError(NetworkError):
    """The broker does not answer."""


class HeldBackError(BrokerUnreachableError):
    """This side did not send the request at all.

    Args:
        message: what was to be asked, and why it was not.
        sent: whether an earlier try of the same call may have reached the broker.
        seconds: when it is worth asking again, from now.
    """

    def __init__(self, message: str, *, sent: bool = False, seconds: float = 0.0) -> None:
        self.seconds = seconds
        super().__init__(message, sent=sent)


class ClusterUnreachableError(NetworkError):
    """The Kubernetes API server does not answer."""


class BrokerError(BrokkrError):
    """The broker answered no.

    Args:
        status: HTTP status.
        endpoint: method and path that were asked.
        code: the broker's machine-readable code, or empty (contract section 3: many answers have none).
        detail: the broker's text, already cut.
        request_id: what the exchange is called in the logs of the proxy, or else of this side; may be empty.
    """

    def __init__(self, *, status: int, endpoint: str, code: str = "", detail: str = "", request_id: str = "") -> None:
        self.request_id = request_id
        self.status = status
        self.endpoint = endpoint
        self.code = code
        self.detail = detail
        parts = [f"the broker answered {status}", f"({code})" if code else "", f"to {endpoint}"]
        super().__init__(" ".join(part for part in parts if part) + (f": {detail}" if detail else ""))


class BrokerAuthError(BrokerError):
    """401 or 403: the PAK is unknown, or of the wrong kind for this call."""


class NotABrokerError(BrokerError):
    """A good status with a body that no broker sends (HTML of a proxy or console, cut JSON)."""


@frozen(kw_only=True)
class Cause:
    """One cause of a refusal, as a Kubernetes ``Status`` lists it."""

    reason: str
    message: str
    field: str = ""


class ApiError(BrokkrError):
    """The Kubernetes API server answered no.

    Args:
        status: HTTP status.
        reason: the ``reason`` of the Status body, for example ``Invalid``.
        message: the message of the Status body, already cut.
        request: method and path that were asked.
        causes: the ``details.causes`` of the Status body.
        retry_after_seconds: how long the server asked to wait, if it did.
    """

    def __init__(
        self,
        *,
        status: int,
        reason: str,
        message: str,
        request: str = "",
        causes: Sequence[Cause] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.request = request
        self.causes = tuple(causes)
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{status} {reason}: {message}" + (f" ({request})" if request else ""))


class BadRequestError(ApiError):
    """400: the request makes no sense to the server, an unknown field under strict validation included."""


class UnauthenticatedError(ApiError):
    """401: the credentials are missing, wrong or expired."""


class ForbiddenError(ApiError):
    """403: the credentials do not allow this, or the namespace is being terminated."""


class NotFoundError(ApiError):
    """404: no such object, namespace or resource."""


class AlreadyExistsError(ApiError):
    """409 with reason AlreadyExists."""


class FieldConflictError(ApiError):
    """409 because another field manager owns fields with other values; ``causes`` names each."""


class StaleWriteError(ApiError):
    """409 because the object is not at the uid or resourceVersion the request named."""


class GoneError(ApiError):
    """410: the resourceVersion or continue token is too old."""


class InvalidError(ApiError):
    """422: the object is well-formed and not acceptable; ``causes`` names each field."""


class ThrottledError(ApiError):
    """429: too many requests."""


class ServerFaultError(ApiError):
    """5xx: the server, or something in front of it, is broken."""


class JournalError(BrokkrError):
    """The record of a run cannot be kept, or what was kept is not whole: nothing may be written on its word."""


class OutboxError(BrokkrError):
    """Results that the broker has to hear cannot be kept: the file, the disk, or another process has it."""


class StoppedError(BrokkrError):
    """A stop was asked for and honoured between two operations."""
