"""An answer that comes bit by bit, for as long as somebody reads it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from brokkr_core.kube.errors import api_error
from brokkr_core.kube.transport import Stream
from brokkr_core.model.http import Request, Response


class Streamed:
    """Holds a stream open: iterate over it in one thread, close it from any.

    Args:
        request: what was asked, for messages.
        stream: the answer.

    Raises:
        ApiError: a refusal, which is read to its end.
    """

    def __init__(self, request: Request, stream: Stream) -> None:
        self._request = request
        self._stream = stream
        if stream.status >= 400:
            body = b"\n".join(stream)
            stream.close()
            raise api_error(request, Response(status=stream.status, headers=stream.headers, body=body))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it now, whoever waits for what comes next."""
        self._stream.close()
