"""Every call as it goes over the wire, and its answer as a value."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from broker_agent_calls import AGENT_CALLS, IDENTITY_JSON, Case
from broker_fleet_calls import FLEET_CALLS
from broker_operator_calls import OPERATOR_CALLS
from broker_records import TEMPLATE, WEBHOOK, WORK_ORDER
from broker_support import (
    AGENT,
    AGENT_JSON,
    GENERATOR,
    PAK,
    STACK,
    ScriptedTransport,
    client_over,
    empty,
    no,
    ok,
)
from broker_work_calls import WORK_CALLS
from brokkr_core.broker import BrokerClient, Pak
from brokkr_core.errors import BrokerError, NotABrokerError, UsageError
from brokkr_core.model.http import Response

each_case = pytest.mark.parametrize(
    "case", [*AGENT_CALLS, *OPERATOR_CALLS, *WORK_CALLS, *FLEET_CALLS], ids=lambda case: case.name
)


@each_case
def test_a_call_goes_out_as_the_contract_says(case: Case) -> None:
    transport = ScriptedTransport(case.answer)
    case.call(client_over(transport))
    (request,) = transport.requests
    method, path = case.line.split(" ")
    assert (request.method, request.path, dict(request.query)) == (method, f"/api/v1{path}", case.query)
    assert request.headers["authorization"] == f"Bearer {PAK}"
    if case.sends is ...:
        assert (request.body, "content-type" in request.headers) == (b"", False)
    else:
        assert (json.loads(request.body), request.headers["content-type"]) == (case.sends, "application/json")


@each_case
def test_a_page_of_html_is_never_taken_for_an_answer(case: Case) -> None:
    page = Response(status=200, headers={"content-type": "text/html"}, body=b"<html>")
    with pytest.raises(NotABrokerError):
        case.call(client_over(ScriptedTransport(page)))


@each_case
def test_a_foreign_404_is_never_taken_for_success(case: Case) -> None:
    with pytest.raises(BrokerError, match="no route"):
        case.call(client_over(ScriptedTransport(Response.of_text(404, "no route"))))


def test_answers_become_values() -> None:
    whoami = client_over(ScriptedTransport(ok(IDENTITY_JSON))).auth.whoami()
    assert (whoami.agent, whoami.admin) == (AGENT, False)
    (agent,) = client_over(ScriptedTransport(ok([AGENT_JSON]))).agents.list()
    assert (agent.name, agent.active) == ("edge-1", False)
    created = client_over(ScriptedTransport(ok({"agent": AGENT_JSON, "initial_pak": PAK}, 201)))
    assert created.agents.create("edge-1", "prod-eu").pak == Pak(text=PAK)


def test_registering_twice_is_registering_once() -> None:
    client = client_over(ScriptedTransport(no(409, "already_registered")))
    assert client.generators.register(GENERATOR) is None


def test_registering_with_an_unknown_generator_is_an_error() -> None:
    client = client_over(ScriptedTransport(no(404, "generator_not_found")))
    with pytest.raises(BrokerError, match="generator_not_found"):
        client.generators.register(GENERATOR)


REMOVALS: list[tuple[Callable[[BrokerClient], None], str]] = [
    (lambda c: c.agents.labels.remove(AGENT, "edge"), "agent_label_not_found"),
    (lambda c: c.agents.annotations.remove(AGENT, "region"), "agent_annotation_not_found"),
    (lambda c: c.agents.targets.remove(AGENT, STACK), "agent_target_not_found"),
    (lambda c: c.stacks.labels.remove(STACK, "edge"), "stack_label_not_found"),
    (lambda c: c.stacks.annotations.remove(STACK, "region"), "stack_annotation_not_found"),
    (lambda c: c.templates.labels.remove(TEMPLATE, "edge"), "template_label_not_found"),
    (lambda c: c.templates.annotations.remove(TEMPLATE, "region"), "template_annotation_not_found"),
    (lambda c: c.stacks.delete(STACK), "stack_not_found"),
    (lambda c: c.generators.delete(GENERATOR), "generator_not_found"),
    (lambda c: c.templates.delete(TEMPLATE), "template_not_found"),
    (lambda c: c.work_orders.delete(WORK_ORDER), "work_order_not_found"),
    (lambda c: c.webhooks.delete(WEBHOOK), "webhook_not_found"),
]


@pytest.mark.parametrize(("removal", "code"), REMOVALS, ids=[code for _, code in REMOVALS])
def test_removing_what_is_not_there_is_done(removal: Callable[[BrokerClient], None], code: str) -> None:
    transport = ScriptedTransport(no(404, code))
    removal(client_over(transport))
    assert len(transport.requests) == 1


@pytest.mark.parametrize("removal", [removal for removal, _ in REMOVALS[:7]])
def test_removing_from_what_does_not_exist_is_an_error(removal: Callable[[BrokerClient], None]) -> None:
    with pytest.raises(BrokerError, match="agent_not_found"):
        removal(client_over(ScriptedTransport(no(404, "agent_not_found"))))


@pytest.mark.parametrize("label", ["", "two words", "tab\t", "x" * 65])
def test_a_label_the_broker_would_stumble_over_is_refused_here(label: str) -> None:
    transport = ScriptedTransport(empty(500))
    client = client_over(transport)
    with pytest.raises(UsageError, match="takes 1 to 64 characters"):
        client.stacks.labels.add(STACK, label)
    with pytest.raises(UsageError, match="takes 1 to 64 characters"):
        client.agents.annotations.add(AGENT, "key", label)
    assert transport.requests == []


def test_an_update_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one of"):
        client_over(ScriptedTransport(empty(500))).agents.update(AGENT)


def test_an_empty_id_does_not_become_the_list() -> None:
    transport = ScriptedTransport(ok([AGENT_JSON]))
    with pytest.raises(UsageError, match="agent_id is ''"):
        client_over(transport).agents.delete("")
    assert transport.requests == []
