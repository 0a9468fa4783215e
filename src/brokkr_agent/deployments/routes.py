"""What may be asked about deployments."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from brokkr_agent.control import Route
from brokkr_agent.deployments.board import Deployments
from brokkr_agent.deployments.feed import feed
from brokkr_agent.deployments.told import attempt_json, whole_json
from brokkr_agent.deployments.values import Progress
from brokkr_agent.http import Answer, Reply, Request, problem
from brokkr_agent.http.answer import json_answer
from brokkr_core.model.json import Json


def routes_of(deployments: Deployments) -> tuple[Route, ...]:
    """Return what may be asked about deployments."""
    return (
        Route(method="GET", path="/v1/deployments", answer=partial(_list, deployments)),
        Route(method="GET", path="/v1/deployments/{id}", answer=partial(_one, deployments)),
        Route(method="GET", path="/v1/events", answer=partial(_events, deployments)),
    )


def _list(deployments: Deployments, request: Request) -> Answer:
    wanted = request.parameter("stack")
    found, last = deployments.everything()
    items: list[Json] = [attempt_json(one) for one in found if wanted in ("", one.begun.stack_id)]
    return json_answer({"items": items, "last_event_id": deployments.ring.identify(last)})


def _one(deployments: Deployments, request: Request) -> Answer:
    wanted = request.captured["id"]
    found = deployments.of(wanted) or _named(deployments, wanted)
    if not found:
        detail = "there is no such attempt, and none at such a stack or deployment object, since the agent started"
        return problem(HTTPStatus.NOT_FOUND, detail)
    return json_answer(whole_json(found[0]))


def _named(deployments: Deployments, name: str) -> tuple[Progress, ...]:
    """Find attempts by their deployment object, or one by its trace."""
    stacks = {one.begun.stack_id for one in deployments.everything()[0] if name in _names(one)}
    return tuple(one for stack_id in stacks for one in deployments.of(stack_id) if name in _names(one))


def _names(attempt: Progress) -> tuple[str, str]:
    return attempt.begun.deployment_object_id, attempt.begun.trace_id


def _events(deployments: Deployments, request: Request) -> Reply:
    last_id = request.headers.get("last-event-id", "")
    return feed(deployments.ring, last_id=last_id, stack_id=request.parameter("stack"))
