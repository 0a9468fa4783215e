"""What was asked, for tests that count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from attrs import field, frozen

from brokkr_core.model.http import Request

WRITES = frozenset({"DELETE", "PATCH", "POST", "PUT"})


@frozen(kw_only=True)
class LoggedRequest:
    """One request that was answered.

    Args:
        status: the HTTP status of the answer; 0 when no answer was sent.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(factory=dict)
    status: int = 0

    @property
    def writes(self) -> bool:
        """Whether it could change the cluster: a write that is no dry run."""
        return is_write(self.method, self.query)


def is_write(method: str, query: Mapping[str, str]) -> bool:
    """Tell whether a request could change the cluster: a write that is no dry run."""
    return method in WRITES and not query.get("dryRun")


class Noting:
    """A request on its way; a context manager that notes it at its end.

    Args:
        log: where to note it.
        request: what was asked.
    """

    def __init__(self, log: RequestLog, request: Request) -> None:
        self.status = 0
        self._log = log
        self._request = request

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        asked = self._request
        self._log.add(LoggedRequest(method=asked.method, path=asked.path, query=dict(asked.query), status=self.status))


class RequestLog:
    """The requests in the order they were answered."""

    def __init__(self) -> None:
        self._entries: list[LoggedRequest] = []

    def add(self, entry: LoggedRequest) -> None:
        """Note a request."""
        self._entries.append(entry)

    def noting(self, request: Request) -> Noting:
        """Note a request when the block it is answered in ends."""
        return Noting(self, request)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def count(self, method: str = "", path: str = "", *, writes: bool | None = None) -> int:
        """Count requests.

        Args:
            method: only this method; empty means any.
            path: only paths that contain this text.
            writes: only requests that could, or could not, change the cluster.
        """
        return len(self.select(method, path, writes=writes))

    def select(self, method: str = "", path: str = "", *, writes: bool | None = None) -> list[LoggedRequest]:
        """Return requests; the arguments are those of ``count``."""
        return [
            entry
            for entry in list(self._entries)
            if (not method or entry.method == method)
            and path in entry.path
            and (writes is None or entry.writes is writes)
        ]

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)
