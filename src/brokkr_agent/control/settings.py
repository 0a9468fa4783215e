"""What may be asked about the settings of a running agent: what is in force, and to load them again."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from brokkr_agent.configuration import Configuration
from brokkr_agent.control.route import Route
from brokkr_agent.http import Answer, Request, problem
from brokkr_agent.http.answer import json_answer
from brokkr_agent.shown import shown
from brokkr_core.model.json import Json

_WORDS = {"": True, "1": True, "true": True, "0": False, "false": False}


def config_routes(configuration: Configuration) -> tuple[Route, ...]:
    """Return the routes of the settings.

    Args:
        configuration: the settings in force.
    """
    return (
        Route(method="GET", path="/v1/config", answer=partial(_show, configuration)),
        Route(method="POST", path="/v1/config/reload", answer=partial(_reload, configuration)),
    )


def _show(configuration: Configuration, _request: Request) -> Answer:
    standing = configuration.standing
    settings: list[Json] = [one.document() for one in shown(configuration.now)]
    return json_answer(
        {
            "generation": standing.generation,
            "last_reload_successful": standing.successful,
            "restart_required": list(standing.restart_required),
            "settings": settings,
        }
    )


def _reload(configuration: Configuration, request: Request) -> Answer:
    dry_run = _WORDS.get(request.parameter("dry_run").lower()) if "dry_run" in request.query else False
    if dry_run is None:
        return problem(HTTPStatus.BAD_REQUEST, "dry_run is 1 or 0")
    done = configuration.reload(cause="request", dry_run=dry_run)
    if not done.ok:
        told = "the settings are wrong; those in force stay in force"
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, **done.document())
    return json_answer(done.document())
