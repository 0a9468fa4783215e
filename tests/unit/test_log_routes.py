"""Levels are shown and changed over the control API."""

from __future__ import annotations

import json
import logging

import pytest

from brokkr_agent.control import find
from brokkr_agent.http import Answer, Request
from brokkr_agent.logs.levels import Levels
from brokkr_agent.logs.routes import level_routes
from brokkr_core.model.json import JsonObject


def ask(levels: Levels, method: str, path: str, **query: str) -> tuple[int, JsonObject]:
    given = {key: (one,) for key, one in query.items()}
    found = find(level_routes(levels), Request(method=method, path=path, query=given))
    assert not isinstance(found, Answer)
    route, request = found
    answer = route.answer(request)
    assert isinstance(answer, Answer)
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    ("ttl", "seconds"), [("", 600.0), ("90", 90.0), ("2.5s", 2.5), ("10m", 600.0), ("24h", 8.64e4)]
)
def test_a_level_is_set_for_a_time_and_shown(ttl: str, seconds: float) -> None:
    levels = Levels(lambda: 0.0)
    query = {"level": "debug", **({"ttl": ttl} if ttl else {})}

    assert ask(levels, "PUT", "/v1/log-levels/broker", **query) == (
        200,
        {"component": "broker", "level": "debug", "seconds_left": seconds},
    )
    assert levels.number("broker") == logging.DEBUG
    status, shown = ask(levels, "GET", "/v1/log-levels")
    assert status == 200
    assert isinstance(shown["levels"], list)
    assert {"component": "broker", "level": "debug", "seconds_left": seconds} in shown["levels"]
    assert {"component": "agent", "level": "info", "seconds_left": None} in shown["levels"]


@pytest.mark.parametrize(
    ("component", "query", "said"),
    [
        ("broker", {}, "level '' must be one of"),
        ("brokerr", {"level": "debug"}, "did you mean broker"),
        ("broker", {"level": "debug", "ttl": "soon"}, "write seconds"),
        ("broker", {"level": "debug", "ttl": "25h"}, "at most 86400 s"),
        ("broker", {"level": "debug", "ttl": "0"}, "more than 0"),
        ("httpx", {"level": "debug"}, "whole URLs"),
    ],
)
def test_what_cannot_be_set_changes_nothing(component: str, query: dict[str, str], said: str) -> None:
    levels = Levels(lambda: 0.0)
    status, told = ask(levels, "PUT", f"/v1/log-levels/{component}", **query)

    assert status == 400
    assert said in str(told["detail"])
    assert levels._timed == {}
