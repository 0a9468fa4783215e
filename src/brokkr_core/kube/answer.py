"""From the API server's answer to JSON, or to the error that says what came instead."""

from __future__ import annotations

import json

from brokkr_core.errors import ApiError
from brokkr_core.kube.errors import api_error
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject


def read_json(request: Request, response: Response) -> JsonObject:
    """Read an answer as the JSON object that every good answer of an API server is.

    Args:
        request: what was asked.
        response: the answer.

    Returns:
        The object in its body.

    Raises:
        ApiError: the answer is a refusal, or no JSON object (a proxy's page, say); its text is not repeated.
    """
    if response.status >= 400:
        raise api_error(request, response)
    status = response.status
    try:
        text = response.body.decode("utf-8", "surrogatepass")
        # A page of large objects is not to be held as bytes, as text and as values at once.
        del response
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ApiError(
            status=status,
            reason="NotJson",
            message="the answer is no JSON object; is something in front of the API server?",
            request=request.endpoint,
        )
    return found
