"""What refusals say, word for word; the words are those of kube-apiserver 1.37."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from cluster_support import APPLY, MERGE_PATCH, Client, config_map, deployment, with_metadata

UNTYPED = "failed to create typed patch object"


@pytest.mark.parametrize(
    ("value", "told"),
    [("two", "string"), (True, "bool"), ({"a": 1}, "map[string]interface {}"), ([1], "[]interface {}")],
)
def test_an_applied_number_of_another_type_is_told_by_its_type(client: Client, value: Json, told: str) -> None:
    body = deployment()
    as_object(body["spec"])["replicas"] = value
    reply = client.apply(body).expect(500)
    where = f"{UNTYPED} (/web; apps/v1, Kind=Deployment): .spec.replicas"
    assert reply.message == f"{where}: expected numeric (int or float), got {told}"


@pytest.mark.parametrize(
    ("value", "told"),
    [(1, "1"), (True, "true"), (["x"], '[]interface {}{"x"}'), ({"a": 1}, 'map[string]interface {}{"a":1}')],
)
def test_an_applied_text_of_another_type_is_told_by_its_value(client: Client, value: Json, told: str) -> None:
    reply = client.apply({**config_map(), "data": {"a": value}}).expect(500)
    assert reply.message.endswith(f".data.a: expected string, got &value.valueUnstructured{{Value:{told}}}")


def test_a_misfit_names_the_namespace_that_the_body_names(client: Client) -> None:
    body = {**with_metadata(config_map(), namespace=client.namespace), "dta": "x"}
    where = f"({client.namespace}/settings; /v1, Kind=ConfigMap)"
    assert client.apply(body).expect(500).message == f"{UNTYPED} {where}: .dta: field not declared in schema"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({}, "/, Kind="),
        ({"kind": "ConfigMap"}, "/, Kind=ConfigMap"),
        ({"apiVersion": "v1", "kind": "Secret"}, "/v1, Kind=Secret"),
        ({"apiVersion": "apps/v2", "kind": "ConfigMap"}, "apps/v2, Kind=ConfigMap"),
    ],
)
def test_an_apply_says_what_the_body_is(client: Client, head: dict[str, Json], told: str) -> None:
    body: JsonObject = {**head, "metadata": {"name": "settings"}}
    path, query = client.path("v1", "ConfigMap", "settings"), {"fieldManager": "tester"}
    reply = client.call("PATCH", path, body, query=query, content_type=APPLY).expect(400)
    assert reply.message == f"invalid object type: {told}"


def test_a_posted_body_may_leave_out_what_it_is(client: Client) -> None:
    path = client.path("v1", "ConfigMap")
    assert client.call("POST", path, {"metadata": {"name": "settings"}}).expect(201).get("kind") == "ConfigMap"


@pytest.mark.parametrize("name", ["containers", "volumes"])
def test_a_list_item_without_its_name_fails_in_validation(client: Client, name: str) -> None:
    body = deployment()
    pod = as_object(dig(body, "spec", "template", "spec"))
    pod[name] = [*as_list(pod.get(name)), {"image": "nginx:1"} if name == "containers" else {"emptyDir": {}}]
    at = len(as_list(pod[name])) - 1
    reply = client.apply(body).expect(422)
    assert reply.causes == [("FieldValueRequired", f"spec.template.spec.{name}[{at}].name")]


@pytest.mark.parametrize(
    ("method", "kind"), [("POST", "CreateOptions"), ("PUT", "UpdateOptions"), ("DELETE", "DeleteOptions")]
)
def test_a_wrong_option_is_refused_under_the_name_of_the_verb(client: Client, method: str, kind: str) -> None:
    client.create(config_map())
    path = client.path("v1", "ConfigMap", "" if method == "POST" else "settings")
    body = config_map() if method != "DELETE" else None
    reply = client.call(method, path, body, query={"dryRun": "Some"}).expect(422)
    assert (
        reply.message
        == f'{kind}.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"'
    )


def test_an_unknown_propagation_is_not_supported(client: Client) -> None:
    client.create(config_map())
    reply = client.delete(config_map(), propagationPolicy="Sideways").expect(422)
    assert reply.causes == [("FieldValueNotSupported", "propagationPolicy")]


def test_force_is_for_apply_only(client: Client) -> None:
    client.create(config_map())
    reply = client.patch(config_map(), {"data": {}}, "application/merge-patch+json", force="true").expect(422)
    assert reply.causes == [("FieldValueForbidden", "force")]


def test_no_method_means_no_details(client: Client) -> None:
    reply = client.call("POST", client.path("v1", "ConfigMap", "x"), config_map("x")).expect(405)
    assert reply.get("details") == {}


def test_a_failed_json_patch_gives_no_reason_in_detail(client: Client) -> None:
    client.create(config_map(a="1"))
    operations: list[Json] = [{"op": "test", "path": "/data/a", "value": "2"}]
    reply = client.patch(config_map(), operations, "application/json-patch+json").expect(422)
    assert (reply.causes, reply.get("details")) == ([], {})


def test_bad_base64_is_told_by_its_place(client: Client) -> None:
    body: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ==%"}}
    reply = client.create(body).expect(400)
    assert reply.message == 'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 4'


def misconverted(kind: str, problem: str) -> str:
    name = "web" if "apps" in kind else "s"
    return (
        f"failed to convert new object (/{name}; {kind}) to proper version: "
        f"unable to convert unstructured object to {kind}: {problem}"
    )


def test_an_applied_fraction_is_no_whole_number(client: Client) -> None:
    body = deployment()
    as_object(body["spec"])["replicas"] = 1.5
    message = misconverted("apps/v1, Kind=Deployment", "cannot convert float64 to int32")
    assert client.apply(body).expect(500).message == message


def test_applied_base64_is_read(client: Client) -> None:
    body: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "%%"}}
    problem = "error decoding from json: illegal base64 data at input byte 0"
    assert client.apply(body).expect(500).message == misconverted("/v1, Kind=Secret", problem)
    assert client.gone(body)


def test_an_applied_quantity_is_read(client: Client) -> None:
    body = deployment()
    main = as_object(as_list(dig(body, "spec", "template", "spec", "containers"))[0])
    main["resources"] = {"limits": {"cpu": "much"}}
    assert "quantities must match the regular expression" in client.apply(body).expect(500).message
    posted = client.create(body).expect(400).message
    assert posted.startswith('Deployment in version "v1" cannot be handled as a Deployment: quantities must match')


def test_the_name_of_an_object_that_is_being_deleted_is_still_taken(client: Client) -> None:
    held = with_metadata(config_map(), finalizers=["example.com/hold"])
    client.create(held)
    client.delete(held)
    reply = client.create(config_map()).expect(409)
    client.patch(config_map(), {"metadata": {"finalizers": None}}, MERGE_PATCH)
    assert reply.message == 'object is being deleted: configmaps "settings" already exists'
