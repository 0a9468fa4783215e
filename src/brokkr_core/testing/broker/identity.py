"""Who am I: what a PAK stands for (contract 2.5)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route


def verify_pak(call: Call) -> Response:
    """Answer with the role of the caller; for an agent the best way to learn its own id."""
    caller = call.caller
    return Response.of_json(
        200,
        {
            "admin": caller.admin,
            "agent": caller.agent,
            "generator": caller.generator,
            "readonly": caller.readonly,
        },
    )


ROUTES = (Route(method="POST", template="/auth/pak", handler=verify_pak),)
