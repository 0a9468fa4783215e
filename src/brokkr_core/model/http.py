"""A request and its answer as plain values: what every transport takes and gives, and what the fakes handle."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import field, frozen

from brokkr_core.model.json import Json
from brokkr_core.model.ref import ObjectRef

#: JSON values are trees, so nothing has to look out for circles.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    if all(map(str.islower, headers)):  # as our own code writes them
        return dict(headers)
    return {name.lower(): value for name, value in headers.items()}


@frozen(kw_only=True)
class Subject:
    """The object that a request is to change."""

    ref: ObjectRef
    uid: str = ""  #: which object of that name, when the request says so


@frozen(kw_only=True)
class Request:
    """One HTTP request. Header names are lower case; the body is never in the ``repr``.

    ``subject`` is for whoever keeps a record of what is sent; it is not sent itself.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict, converter=_lower, repr=lambda headers: repr(sorted(headers)))
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    subject: Subject | None = field(default=None, eq=False, repr=False)

    @property
    def endpoint(self) -> str:
        """Method and path, for messages; the query may hold too much to print."""
        return f"{self.method} {self.path}"


@frozen(kw_only=True)
class Response:
    """One HTTP answer, read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(factory=dict, converter=_lower)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @classmethod
    def of_json(cls, status: int, value: Json, headers: Mapping[str, str] | None = None) -> Response:
        """Build an answer from a JSON value."""
        body = _ENCODER.encode(value).encode()
        return cls(status=status, headers={"content-type": "application/json", **(headers or {})}, body=body)

    @classmethod
    def of_text(cls, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
        """Build an answer from plain text."""
        content_type = {"content-type": "text/plain; charset=utf-8"}
        return cls(status=status, headers={**content_type, **(headers or {})}, body=text.encode())
