"""One connection to the broker over HTTP: the only module that knows which HTTP library is used."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx

from brokkr_core.broker.answer import REQUEST_ID
from brokkr_core.broker.leftover import more_than_asked
from brokkr_core.broker.limits import TransportLimits
from brokkr_core.broker.unpack import ACCEPTED, DamagedError, readable, unpacked
from brokkr_core.broker.watchdog import Watchdog
from brokkr_core.errors import BrokerUnreachableError, ConfigError, NotABrokerError, UsageError, cut
from brokkr_core.model.http import Request, Response

#: Failures before the first byte of the request was written: it certainly was not carried out.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

#: Failures of our own making; their text may quote a header, so it is never repeated.
_OURS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)

_PLAIN_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "no connection",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ProxyError: "the proxy refused",
    httpx.ReadTimeout: "no answer in time",
    httpx.WriteTimeout: "the request could not be sent in time",
}


def checked(root: str) -> str:
    """Let the library and the resolver have a look at the URL, too: they know more about host names.

    Args:
        root: the broker's root URL.

    Returns:
        The same.

    Raises:
        ConfigError: no request could ever be sent there.
    """
    try:
        httpx.URL(root).host.encode("idna")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError([f"broker URL: cannot be read ({cut(str(error))})"]) from None
    return root


class Line:
    """One connection: a client of its own that never has more than one.

    Args:
        root: the broker's root URL.
        context: what to trust and to show.
        user_agent: how to introduce this side.
        limits: how much of everything to use.
        use_environment: whether the proxy variables count.
        watchdog: ends what takes too long.

    Raises:
        ConfigError: the proxy variables are unusable.
    """

    def __init__(
        self,
        root: str,
        context: ssl.SSLContext,
        *,
        user_agent: str,
        limits: TransportLimits,
        use_environment: bool,
        watchdog: Watchdog,
    ) -> None:
        self._root = root
        self._limits = limits
        self._watchdog = watchdog
        self._stream: Any = None
        self._whole = True
        self._fresh = False  #: whether the connection was made for the exchange under way
        self._cut = False
        try:
            self._client = httpx.Client(
                verify=context,
                headers={"user-agent": user_agent, "accept-encoding": ACCEPTED},
                limits=httpx.Limits(max_connections=1, keepalive_expiry=limits.idle_seconds),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                trust_env=use_environment,
            )
        except (ValueError, ImportError) as error:
            problem = f"unusable ({type(error).__name__}); check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY"
            raise ConfigError([f"proxy environment: {problem}"]) from None

    def usable(self) -> bool:
        """Tell whether it is open with nothing to read: what came unasked is no answer to what is asked next."""
        return self._whole and self._stream is not None and not self._stream.get_extra_info("is_readable")

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def exchange(self, request: Request, timeout_seconds: float) -> Response:
        """Send a request once and read the answer to its end.

        Args:
            request: path below the root, query, headers and body.
            timeout_seconds: how long connecting, sending, and each wait for more of the answer may take.

        Returns:
            The answer, with the id of the request among its headers.

        Raises:
            BrokerUnreachableError: no whole answer came.
            NotABrokerError: the answer is too large, or packed in a way nobody asked for.
            UsageError: the request is no valid HTTP.
        """
        named = {REQUEST_ID: uuid4().hex, **request.headers}
        self._fresh = False
        with (
            self._translated(request),
            self._watched(),
            self._client.stream(
                request.method,
                self._url(request),
                headers=named,
                content=request.body or None,
                timeout=httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, self._limits.connect_seconds)),
                extensions={"trace": self._connected},
            ) as answer,
        ):
            body = self._read(answer, request)
            headers = {REQUEST_ID: named[REQUEST_ID], **answer.headers}
            return Response(status=answer.status_code, headers=headers, body=body)

    def _url(self, request: Request) -> str:
        query = urlencode(request.query, quote_via=quote)
        return f"{self._root}{request.path}" + (f"?{query}" if query else "")

    def _read(self, answer: httpx.Response, request: Request) -> bytes:
        packing = answer.headers.get("content-encoding", "")
        if not readable(packing):
            # A no is a no whatever its text; only a yes has to be read.
            if not answer.is_success:
                return b""
            raise _not_a_broker(answer, request, f"packed as {cut(packing, 40)!r}, which nobody asked for")
        end = time.monotonic() + self._limits.answer_seconds
        most, advice = self._limits.most_bytes(request)
        body = BytesIO()  # hands out what it holds without a copy, unlike a bytearray
        for piece in unpacked(answer.iter_raw(), packing):
            body.write(piece)
            if body.tell() > most:
                raise _not_a_broker(answer, request, f"larger than {most} bytes; {advice}")
            if time.monotonic() > end:
                self._interrupt()
        if self._cut:
            raise DamagedError
        return body.getvalue()

    def _connected(self, event: str, info: Mapping[str, Any]) -> None:
        """Hear of the library's steps to learn which socket it got."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            self._fresh = True

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Bound the exchange as a whole: the library's timeouts begin anew with every byte."""
        self._whole = False
        number = self._watchdog.arm(self._limits.answer_seconds, self._interrupt)
        try:
            yield
        finally:
            self._watchdog.call_off(number)
        self._whole = not self._cut and not more_than_asked(self._client)

    def _interrupt(self) -> None:
        """Cut the exchange short, from any thread: a read or write that is under way ends with an error."""
        self._cut = True
        plain = self._stream.get_extra_info("socket") if self._stream is not None else None
        if plain is not None:
            try:
                # Not the method of a TLS socket, which would pull the session from under the reader.
                socket.socket.shutdown(plain, socket.SHUT_RDWR)
            except OSError:
                return  # closed already

    @contextmanager
    def _translated(self, request: Request) -> Iterator[None]:
        """Turn the library's exceptions into ours."""
        place = f"{request.endpoint} at {self._root}"
        try:
            yield
        except _OURS as error:
            # Neither its text nor the chain: both may quote the Authorization header.
            raise UsageError(f"{request.endpoint}: no valid HTTP request ({type(error).__name__})") from None
        except (httpx.HTTPError, DamagedError) as error:
            if self._cut:
                seconds = self._limits.answer_seconds
                raise BrokerUnreachableError(f"{place}: the answer took more than {seconds:g} s") from None
            broken = "the compressed answer is damaged" if isinstance(error, DamagedError) else "the connection broke"
            words = _PLAIN_WORDS.get(type(error), broken)
            message = f"{place}: {words} ({cut(str(error)) or type(error).__name__})"
            stale = not self._fresh and isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
            raise BrokerUnreachableError(message, sent=not isinstance(error, _UNSENT), stale=stale) from error


def _not_a_broker(answer: httpx.Response, request: Request, problem: str) -> NotABrokerError:
    return NotABrokerError(
        status=answer.status_code,
        endpoint=request.endpoint,
        detail=f"the answer is {problem}",
        request_id=answer.headers.get(REQUEST_ID, answer.request.headers[REQUEST_ID]),
    )
