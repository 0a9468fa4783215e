"""The calls about generators, stacks and deployment objects as the contract has them."""

from __future__ import annotations

from broker_agent_calls import REGISTRATION_JSON, STACK_ANNOTATION_JSON, STACK_LABEL_JSON, Case
from broker_support import (
    AGENT,
    GENERATOR,
    GENERATOR_JSON,
    OBJECT,
    OBJECT_JSON,
    PAK,
    STACK,
    STACK_JSON,
    empty,
    ok,
)

OPERATOR_CALLS: list[Case] = [
    Case(name="generators", call=lambda c: c.generators.list(), line="GET /generators", answer=ok([GENERATOR_JSON])),
    Case(
        name="generator create",
        call=lambda c: c.generators.create("ci", description="pipelines"),
        line="POST /generators",
        sends={"name": "ci", "description": "pipelines"},
        answer=ok({"generator": GENERATOR_JSON, "pak": PAK}, 201),
    ),
    Case(
        name="generator",
        call=lambda c: c.generators.get(GENERATOR),
        line=f"GET /generators/{GENERATOR}",
        answer=ok(GENERATOR_JSON),
    ),
    Case(
        name="register oneself",
        call=lambda c: c.generators.register(GENERATOR),
        line=f"POST /generators/{GENERATOR}/register",
        sends={},
        answer=ok(REGISTRATION_JSON, 201),
    ),
    Case(
        name="register another",
        call=lambda c: c.generators.register(GENERATOR, agent_id=AGENT),
        line=f"POST /generators/{GENERATOR}/register",
        sends={"agent_id": AGENT},
        answer=ok(REGISTRATION_JSON, 201),
    ),
    Case(
        name="deregister",
        call=lambda c: c.generators.deregister(GENERATOR),
        line=f"DELETE /generators/{GENERATOR}/register",
        sends={},
        answer=empty(204),
    ),
    Case(name="stacks", call=lambda c: c.stacks.list(), line="GET /stacks", answer=ok([STACK_JSON])),
    Case(
        name="stacks of a generator",
        call=lambda c: c.stacks.list(generator_id=GENERATOR),
        line="GET /stacks",
        query={"pak_id": GENERATOR},
        answer=ok([STACK_JSON]),
    ),
    Case(
        name="stack create",
        call=lambda c: c.stacks.create("web", generator_id=GENERATOR),
        line="POST /stacks",
        sends={"name": "web", "description": None, "generator_id": GENERATOR},
        answer=ok(STACK_JSON, 201),
    ),
    Case(name="stack", call=lambda c: c.stacks.get(STACK), line=f"GET /stacks/{STACK}", answer=ok(STACK_JSON)),
    Case(
        name="stack delete",
        call=lambda c: c.stacks.delete(STACK),
        line=f"DELETE /stacks/{STACK}",
        answer=empty(204),
    ),
    Case(
        name="stack labels",
        call=lambda c: c.stacks.labels.list(STACK),
        line=f"GET /stacks/{STACK}/labels",
        answer=ok([STACK_LABEL_JSON]),
    ),
    Case(
        name="stack label add is a bare string",
        call=lambda c: c.stacks.labels.add(STACK, "edge"),
        line=f"POST /stacks/{STACK}/labels",
        sends="edge",
        answer=ok(STACK_LABEL_JSON, 201),
    ),
    Case(
        name="stack label remove",
        call=lambda c: c.stacks.labels.remove(STACK, "edge"),
        line=f"DELETE /stacks/{STACK}/labels/edge",
        answer=empty(204),
    ),
    Case(
        name="stack annotations",
        call=lambda c: c.stacks.annotations.list(STACK),
        line=f"GET /stacks/{STACK}/annotations",
        answer=ok([STACK_ANNOTATION_JSON]),
    ),
    Case(
        name="stack annotation add",
        call=lambda c: c.stacks.annotations.add(STACK, "region", "eu"),
        line=f"POST /stacks/{STACK}/annotations",
        sends={"stack_id": STACK, "key": "region", "value": "eu"},
        answer=ok(STACK_ANNOTATION_JSON, 201),
    ),
    Case(
        name="stack annotation remove",
        call=lambda c: c.stacks.annotations.remove(STACK, "region"),
        line=f"DELETE /stacks/{STACK}/annotations/region",
        answer=empty(204),
    ),
    Case(
        name="stack objects",
        call=lambda c: c.stacks.deployment_objects.list(STACK),
        line=f"GET /stacks/{STACK}/deployment-objects",
        answer=ok([OBJECT_JSON]),
    ),
    Case(
        name="stack object create",
        call=lambda c: c.stacks.deployment_objects.create(STACK, "a: 1"),
        line=f"POST /stacks/{STACK}/deployment-objects",
        sends={"yaml_content": "a: 1", "is_deletion_marker": False},
        answer=ok(OBJECT_JSON, 201),
    ),
    Case(
        name="deployment object",
        call=lambda c: c.deployment_objects.get(OBJECT),
        line=f"GET /deployment-objects/{OBJECT}",
        answer=ok(OBJECT_JSON),
    ),
]
