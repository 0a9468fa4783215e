"""Who may ask the control API: whoever shows the token, or, without a token, whoever is on the same machine.

A browser on that machine is no such caller: pages of others may neither read (DNS rebinding shows itself by a foreign
``Host``) nor change anything (a foreign ``Origin`` or ``Sec-Fetch-Site``).
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from attrs import frozen

from brokkr_agent.checks import is_loopback
from brokkr_agent.control.token import TokenFile
from brokkr_agent.http import Answer, Request, problem

#: Methods that change nothing (RFC 9110, 9.2.1).
SAFE = frozenset({"GET", "HEAD"})


@frozen(kw_only=True)
class Gate:
    """Lets requests through, or not.

    Args:
        address: where the server listens.
        token: the token to be shown; None asks for none, which is right on a loopback address only.
    """

    address: str
    token: TokenFile | None = None

    def refusal(self, request: Request) -> Answer | None:
        """Return the answer to a request that may not come in; None for one that may."""
        if self.token is not None and not self.token.fits(_shown(request)):
            told = "show the token of agent.control_token_file as Authorization: Bearer TOKEN"
            return problem(HTTPStatus.UNAUTHORIZED, told, ("WWW-Authenticate", "Bearer"))
        host = request.headers.get("host", "")
        if self.token is None and not self._is_ours(host):
            told = "Host names another machine; without a token only localhost and the agent's own address may be asked"
            return problem(HTTPStatus.MISDIRECTED_REQUEST, told)
        if request.method not in SAFE and _comes_from_a_foreign_page(request, host):
            return problem(HTTPStatus.FORBIDDEN, "the request comes from a page of another origin")
        return None

    def _is_ours(self, host: str) -> bool:
        name = _name(host)
        return name is not None and (name in ("localhost", self.address) or is_loopback(name))


def _shown(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _name(host: str) -> str | None:
    """Read the name of a ``Host`` header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _comes_from_a_foreign_page(request: Request, host: str) -> bool:
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin not in (f"http://{host}", f"https://{host}")
