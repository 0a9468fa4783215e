"""The check of a coming custom resource against two judges: an API server, and a JSON Schema validator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from brokkr_core.apply.preflight.schema import check_schema
from brokkr_core.apply.preflight.schema.values import value_faults
from brokkr_core.errors import BrokkrError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ref_of
from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import definition, gadget, with_metadata
from schema_strategies import near, schemas, specs

GROUP = "shop.example.com"
jsonschema: Any = pytest.importorskip("jsonschema")

#: Rules that hold for parts of a schema put together; a structural schema has values only in them.
bounds: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {}, optional={"minimum": st.integers(-1, 3), "minLength": st.integers(0, 2), "maxItems": st.integers(0, 2)}
)


def manifest_of(body: JsonObject) -> Manifest:
    return Manifest(ref=ref_of(body), body=body)


def accepts(client: KubeClient, manifest: Manifest) -> bool:
    try:
        client.apply(manifest.body, manifest.ref, manager="tests", force=True)
    except BrokkrError:
        return False
    return True


@given(data=st.data(), spec=specs)
def test_what_the_server_would_accept_is_accepted_and_nothing_else(data: st.DataObject, spec: JsonObject) -> None:
    bodies = [as_object(data.draw(near(spec)) or {}) for _ in range(3)]
    defined = definition(GROUP, spec)
    with EmbeddedCluster() as cluster:
        assert accepts(KubeClient(cluster.transport()), manifest_of(defined))
        cluster.advance(60.0)
        client = KubeClient(cluster.transport())
        for number, body in enumerate(bodies):
            resource = {**with_metadata(gadget(GROUP, f"g{number}"), namespace="default"), "spec": body}
            causes = check_schema(manifest_of(resource), defined)
            accepted = accepts(client, manifest_of(resource))
            event(f"accepted: {accepted}")
            assert (causes == ()) is accepted, (resource, causes)


@given(
    data=st.data(),
    schema=schemas,
    rules=st.lists(bounds, max_size=2),
    joint=st.sampled_from(["allOf", "anyOf", "oneOf"]),
)
def test_values_are_judged_as_json_schema_judges_them(
    data: st.DataObject, schema: JsonObject, rules: list[JsonObject], joint: str
) -> None:
    joined: JsonObject = {**schema, joint: [*rules]} if rules else schema
    excluded = data.draw(st.none() | bounds)
    joined = joined if excluded is None else {**joined, "not": excluded}
    value = data.draw(near(schema))
    judge = jsonschema.Draft4Validator(as_json_schema(joined))

    assert (next(value_faults(value, joined, "", whole=True), None) is None) is judge.is_valid(value)


def as_json_schema(schema: Json) -> Json:
    """Say in JSON Schema what a structural schema says in its own words."""
    if isinstance(schema, list):
        return [as_json_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out: JsonObject = {}
    for key, value in schema.items():
        if key in ("properties",):
            out[key] = {name: as_json_schema(inner) for name, inner in as_object(value).items()}
        elif key in ("items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"):
            out[key] = as_json_schema(value)
        elif key != "default":
            out[key] = value
    if schema.get("x-kubernetes-int-or-string") is True:
        out["type"] = ["integer", "string"]
    if schema.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, out]}
    return out


@given(data=st.data(), spec=specs)
def test_of_an_object_that_exists_nothing_is_said_to_be_missing(data: st.DataObject, spec: JsonObject) -> None:
    body = as_object(data.draw(near(spec)) or {})
    resource = manifest_of({**gadget(GROUP), "spec": body})
    whole = check_schema(resource, definition(GROUP, spec))
    part = check_schema(resource, definition(GROUP, spec), new=False)
    lacking = ("must be there", "items or more", "members or more")

    assert not [one for one in part if one.message.endswith(lacking)]
    assert whole != () or part == ()
