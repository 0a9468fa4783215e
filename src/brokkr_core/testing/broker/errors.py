"""The three shapes of a refusal: coded JSON by a handler, text by the framework, nothing by the door (contract 3)."""

from __future__ import annotations

from collections.abc import Mapping

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject


class RefusedError(Exception):
    """Ends the handling of a request early; never leaves the broker.

    Args:
        response: what the client gets.
    """

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(f"refused with {response.status}")


def refuse(status: int, code: str, message: str, details: Json = None) -> RefusedError:
    """Make a handler's refusal: ``code`` is for programs, ``message`` for people."""
    body: JsonObject = {"code": code, "message": message}
    if details is not None:
        body["details"] = details
    return RefusedError(Response.of_json(status, body))


def refuse_text(status: int, text: str) -> RefusedError:
    """Make a refusal of the framework, before any handler ran: plain text and no code."""
    return RefusedError(Response.of_text(status, text))


def refuse_empty(status: int, headers: Mapping[str, str] | None = None) -> RefusedError:
    """Make a refusal without a body, as authentication gives."""
    return RefusedError(Response(status=status, headers=headers or {}))


def unique_violation(constraint: str) -> RefusedError:
    """Make the refusal of a value that is taken; the contract leaves the names of the constraints open."""
    return refuse(409, "unique_violation", "the value is already taken", {"constraint": constraint})


def foreign_key_violation(constraint: str) -> RefusedError:
    """Make the refusal of an id that points nowhere."""
    return refuse(422, "foreign_key_violation", "the referenced row does not exist", {"constraint": constraint})


def check_width(width: int, *texts: str) -> None:
    """Refuse as the database does when a text does not fit its column: 500, not 400 (contract 3).

    Args:
        width: what the column takes, in characters.
        texts: what is to be stored.

    Raises:
        RefusedError: a text is longer.
    """
    if any(len(text) > width for text in texts):
        raise refuse(500, "internal_error", "the database refused the value")
