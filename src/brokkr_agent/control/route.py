"""Which answer belongs to which method and path: a table, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from urllib.parse import unquote

from attrs import evolve, field, frozen

from brokkr_agent.http import Answer, Reply, Request, problem


@frozen(kw_only=True)
class Route:
    """One thing that may be asked or told.

    Args:
        method: ``GET`` (which answers ``HEAD`` too), ``POST``, ``PUT`` or ``DELETE``.
        path: a template such as ``/v1/deployments/{id}``; what stands there is in ``Request.captured``.
        answer: answers a request; called from several threads at once.
    """

    method: str
    path: str
    answer: Callable[[Request], Reply] = field(repr=False)

    def captured(self, path: str) -> Mapping[str, str] | None:
        """Return what stands where the template has names; None when the path is another."""
        wanted, given = self.path.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        pairs = list(zip(wanted, given, strict=True))
        if any(one != other for one, other in pairs if not one.startswith("{")):
            return None
        return {one[1:-1]: unquote(other) for one, other in pairs if one.startswith("{")}


def find(routes: Iterable[Route], request: Request) -> tuple[Route, Request] | Answer:
    """Find the route of a request.

    Args:
        routes: the table.
        request: what was asked.

    Returns:
        The route, and the request with what its template captured; or the answer that there is none.
    """
    fitting = [(one, captured) for one in routes if (captured := one.captured(request.path)) is not None]
    if not fitting:
        return problem(HTTPStatus.NOT_FOUND, "there is no such path; the reference of the control API has them all")
    method = "GET" if request.head_only else request.method
    for one, captured in fitting:
        if one.method == method:
            return one, evolve(request, captured=captured)
    allowed = {one.method for one, _ in fitting}
    allow = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, f"the path takes {allow}", ("Allow", allow))
