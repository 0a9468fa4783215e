"""What a cluster refuses, warns of and never lets change."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from cluster_support import MERGE_PATCH, Client, config_map, deployment, service, with_metadata


def spec_of(body: JsonObject) -> JsonObject:
    return as_object(body["spec"])


def typo() -> JsonObject:
    body = deployment()
    spec_of(body)["replcas"] = 3
    return body


def test_strict_validation_refuses_unknown_fields(client: Client) -> None:
    reply = client.create(typo(), fieldValidation="Strict").expect(400)
    assert reply.message == (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        'unknown field "spec.replcas"'
    )


def test_warn_validation_drops_unknown_fields_and_warns(client: Client) -> None:
    reply = client.create(typo(), fieldValidation="Warn").expect(201)
    assert reply.headers["warning"] == '299 - "unknown field \\"spec.replcas\\""'
    assert "replcas" not in reply.text.replace('"kubectl', "")


def test_unknown_fields_are_dropped_silently_when_nobody_asks(client: Client) -> None:
    reply = client.create(typo(), fieldValidation="Ignore").expect(201)
    assert "warning" not in reply.headers
    assert reply.get("spec", "replcas") is None


def test_an_unknown_validation_mode_is_invalid(client: Client) -> None:
    assert client.create(config_map(), fieldValidation="Perhaps").expect(422).reason == "Invalid"


def test_an_unknown_dry_run_mode_is_invalid(client: Client) -> None:
    assert client.create(config_map(), dryRun="Some").status in {400, 422}


def test_a_posted_value_of_the_wrong_type_is_a_bad_request(client: Client) -> None:
    body = deployment()
    spec_of(body)["replicas"] = "two"
    assert client.create(body).expect(400).reason == "BadRequest"


def test_a_deployment_without_selector_is_invalid(client: Client) -> None:
    body = deployment()
    del spec_of(body)["selector"]
    assert ("FieldValueRequired", "spec.selector") in client.create(body).expect(422).causes


def test_a_selector_that_misses_its_template_is_invalid(client: Client) -> None:
    body = deployment()
    spec_of(body)["selector"] = {"matchLabels": {"app": "other"}}
    assert ("FieldValueInvalid", "spec.template.metadata.labels") in client.create(body).expect(422).causes


def test_a_container_without_image_is_invalid(client: Client) -> None:
    body = deployment()
    del as_object(as_list(dig(body, "spec", "template", "spec", "containers"))[0])["image"]
    causes = client.create(body).expect(422).causes
    assert ("FieldValueRequired", "spec.template.spec.containers[0].image") in causes


def test_several_faults_are_reported_together(client: Client) -> None:
    body = deployment()
    del as_object(as_list(dig(body, "spec", "template", "spec", "containers"))[0])["image"]
    reply = client.create(with_metadata(body, labels={"a": "not valid!"})).expect(422)
    assert {field for _, field in reply.causes} == {
        "metadata.labels",
        "spec.template.spec.containers[0].image",
    }


def test_a_bad_label_value_is_invalid(client: Client) -> None:
    reply = client.create(with_metadata(config_map(), labels={"a": "not valid!"})).expect(422)
    assert reply.causes == [("FieldValueInvalid", "metadata.labels")]


def test_a_bad_annotation_key_is_invalid(client: Client) -> None:
    reply = client.create(with_metadata(config_map(), annotations={"a b": "x"})).expect(422)
    assert reply.causes == [("FieldValueInvalid", "metadata.annotations")]


def test_too_large_annotations_are_invalid(client: Client) -> None:
    reply = client.create(with_metadata(config_map(), annotations={"big": "x" * 270_000})).expect(422)
    assert reply.causes == [("FieldValueTooLong", "metadata.annotations")]


def test_a_bad_config_key_is_invalid(client: Client) -> None:
    body: JsonObject = {**config_map(), "data": {"a/b": "1"}}
    assert client.create(body).expect(422).causes == [("FieldValueInvalid", "data[a/b]")]


def test_secret_data_must_be_base64(client: Client) -> None:
    body: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "%%%"}}
    reply = client.create(body).expect(400)
    assert "illegal base64 data" in reply.message
    assert "%%%" not in reply.message


def test_a_service_without_ports_is_invalid(client: Client) -> None:
    body = service()
    del spec_of(body)["ports"]
    assert ("FieldValueRequired", "spec.ports") in client.create(body).expect(422).causes


def changed_selector() -> JsonObject:
    body = deployment()
    spec_of(body)["selector"] = {"matchLabels": {"app": "web", "more": "x"}}
    template = as_object(dig(body, "spec", "template"))
    template["metadata"] = {"labels": {"app": "web", "more": "x"}}
    return body


def test_the_selector_of_a_deployment_cannot_change(client: Client) -> None:
    client.apply(deployment())
    reply = client.apply(changed_selector()).expect(422)
    assert reply.causes == [("FieldValueInvalid", "spec.selector")]
    assert "field is immutable" in reply.message


def job(command: str) -> JsonObject:
    container: JsonObject = {"name": "main", "image": "busybox:1", "args": [command]}
    template: JsonObject = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": {"template": template}}


def test_the_template_of_a_job_cannot_change(client: Client) -> None:
    client.apply(job("one")).expect(201)
    reply = client.apply(job("two")).expect(422)
    assert reply.causes == [("FieldValueInvalid", "spec.template")]


def test_an_unchanged_job_can_be_applied_again(client: Client) -> None:
    made = client.apply(job("one"))
    assert client.apply(job("one")).expect(200).uid == made.uid


def test_a_stateful_set_lets_only_some_fields_change(client: Client) -> None:
    body = {**deployment("db"), "kind": "StatefulSet"}
    body["spec"] = {**spec_of(body), "serviceName": "db"}
    client.apply(body).expect(201)
    client.apply({**body, "spec": {**spec_of(body), "replicas": 3}}).expect(200)
    reply = client.apply({**body, "spec": {**spec_of(body), "serviceName": "other"}}).expect(422)
    assert reply.causes == [("FieldValueInvalid", "spec.serviceName")]


def test_an_immutable_config_map_keeps_its_data(client: Client) -> None:
    client.apply({**config_map(a="1"), "immutable": True})
    reply = client.apply({**config_map(a="2"), "immutable": True}).expect(422)
    assert reply.causes == [("FieldValueForbidden", "data")]
    client.apply(with_metadata({**config_map(a="1"), "immutable": True}, labels={"x": "y"})).expect(200)


def test_the_type_of_a_secret_cannot_change(client: Client) -> None:
    secret: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "Opaque"}
    client.create(secret)
    reply = client.patch(secret, {"type": "example.com/other"}, MERGE_PATCH).expect(422)
    assert reply.causes == [("FieldValueInvalid", "type")]


def test_a_cluster_address_cannot_change(client: Client) -> None:
    client.create(service()).expect(201)
    reply = client.patch(service(), {"spec": {"clusterIP": "10.96.0.251"}}, MERGE_PATCH).expect(422)
    assert reply.causes == [("FieldValueInvalid", "spec.clusterIPs[0]")]


def test_the_role_of_a_binding_cannot_change(client: Client) -> None:
    def binding(role: str) -> JsonObject:
        reference: JsonObject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        head: JsonObject = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding"}
        return {**head, "metadata": {"name": "b"}, "roleRef": reference}

    client.create(binding("view")).expect(201)
    assert client.apply(binding("edit"), force=True).expect(422).causes == [("FieldValueInvalid", "roleRef")]


@pytest.mark.parametrize("claim", [{"accessModes": ["ReadWriteMany"]}, {"storageClassName": "other"}])
def test_a_volume_claim_is_fixed_but_for_its_size(client: Client, claim: dict[str, Json]) -> None:
    spec: JsonObject = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "none",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk"},
        "spec": spec,
    }
    client.create(body).expect(201)
    assert client.patch(body, {"spec": claim}, MERGE_PATCH).expect(422).causes == [("FieldValueForbidden", "spec")]


def test_recreate_over_defaulted_rolling_numbers_is_refused(client: Client) -> None:
    client.apply(deployment()).expect(201)
    recreated = deployment()
    spec_of(recreated)["strategy"] = {"type": "Recreate"}
    reply = client.apply(recreated).expect(422)
    assert reply.causes == [("FieldValueForbidden", "spec.strategy.rollingUpdate")]


def test_a_list_item_without_its_key_is_invalid_and_no_server_error(client: Client) -> None:
    body = deployment()
    as_object(as_list(dig(body, "spec", "template", "spec", "containers"))[0])["env"] = [{"value": "1"}]
    causes = client.create(body).expect(422).causes
    assert causes == [("FieldValueRequired", "spec.template.spec.containers[0].env[0].name")]
