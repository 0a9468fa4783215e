"""What was asked, for tests that count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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


class RequestLog:
    """The requests in the order they were answered."""

    def __init__(self) -> None:
        self._entries: list[LoggedRequest] = []

    def add(self, entry: LoggedRequest) -> None:
        """Note a request."""
        self._entries.append(entry)

    def note(self, request: Request, status: int) -> None:
        """Note a request that is through; with status 0 when no answer is sent."""
        self.add(LoggedRequest(method=request.method, path=request.path, query=dict(request.query), status=status))

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
