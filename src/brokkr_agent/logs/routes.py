"""The levels of the log in the control API: shown, and changed for a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

import structlog

from brokkr_agent.control import Route
from brokkr_agent.http import Answer, Request, problem
from brokkr_agent.http.answer import json_answer
from brokkr_agent.logs.levels import Level, Levels
from brokkr_core.errors import UsageError
from brokkr_core.model.json import JsonObject

_log = structlog.get_logger("log")

#: For how long a level is changed when nobody says.
USUAL_SECONDS = 600.0

_TTL = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h|)")
_UNITS: Mapping[str, float] = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def level_routes(levels: Levels, *, hear: Callable[[Level], None] = lambda _level: None) -> tuple[Route, ...]:
    """Return the routes that show and change levels.

    Args:
        levels: the levels in force.
        hear: hears of every change.
    """
    return (
        Route(method="GET", path="/v1/log-levels", answer=partial(_show, levels)),
        Route(method="PUT", path="/v1/log-levels/{component}", answer=partial(_set, levels, hear)),
    )


def _show(levels: Levels, _request: Request) -> Answer:
    return json_answer({"levels": [_told(one) for one in levels.shown()]})


def _set(levels: Levels, hear: Callable[[Level], None], request: Request) -> Answer:
    ttl = request.parameter("ttl")
    read = _TTL.fullmatch(ttl) if ttl else None
    if ttl and read is None:
        return problem(HTTPStatus.BAD_REQUEST, f"ttl is {ttl[:40]!r}; write seconds, or a number with s, m or h")
    seconds = float(read[1]) * _UNITS[read[2]] if read else USUAL_SECONDS
    try:
        level = levels.set(request.captured["component"], request.parameter("level"), seconds)
    except UsageError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    _log.info("the level of a component was changed for a time", of=level.component, to=level.level, seconds=seconds)
    hear(level)
    return json_answer(_told(level))


def _told(one: Level) -> JsonObject:
    left = None if one.seconds_left is None else round(one.seconds_left, 1)
    return {"component": one.component, "level": one.level, "seconds_left": left}
