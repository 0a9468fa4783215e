"""What the server adds to an object, and what it writes back differently."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from cluster_support import Client, Reply, config_map, deployment, service


def container(reply: Reply) -> JsonObject:
    return as_object(as_list(reply.get("spec", "template", "spec", "containers"))[0])


def with_container(**more: Json) -> JsonObject:
    body = deployment()
    as_object(as_list(dig(body, "spec", "template", "spec", "containers"))[0]).update(more)
    return body


def test_a_deployment_gets_its_strategy_and_limits(client: Client) -> None:
    spec = as_object(client.create(deployment(replicas=None)).expect(201).get("spec"))
    assert spec["replicas"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)


def test_a_pod_template_gets_its_policies(client: Client) -> None:
    spec = as_object(client.create(deployment()).get("spec", "template", "spec"))
    assert spec["restartPolicy"] == "Always"
    assert spec["dnsPolicy"] == "ClusterFirst"
    assert spec["schedulerName"] == "default-scheduler"
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["securityContext"] == {}


def test_a_container_gets_its_paths_and_policies(client: Client) -> None:
    found = container(client.create(deployment()))
    assert found["terminationMessagePath"] == "/dev/termination-log"
    assert found["terminationMessagePolicy"] == "File"
    assert found["resources"] == {}


@pytest.mark.parametrize(
    ("image", "policy"), [("nginx", "Always"), ("nginx:latest", "Always"), ("host:5000/nginx:1", "IfNotPresent")]
)
def test_the_pull_policy_follows_the_tag(client: Client, image: str, policy: str) -> None:
    assert container(client.create(deployment(image=image)))["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("written", "kept"), [("0.5", "500m"), ("1000m", "1"), ("2", "2"), ("1.5", "1500m"), ("0.1", "100m")]
)
def test_cpu_is_written_back_in_one_spelling(client: Client, written: str, kept: str) -> None:
    reply = client.create(with_container(resources={"requests": {"cpu": written}})).expect(201)
    assert dig(container(reply), "resources", "requests", "cpu") == kept


@pytest.mark.parametrize(
    ("written", "kept"), [("1024Mi", "1Gi"), ("1500Mi", "1500Mi"), ("1000M", "1G"), ("1024", "1024")]
)
def test_memory_is_written_back_in_one_spelling(client: Client, written: str, kept: str) -> None:
    reply = client.create(with_container(resources={"requests": {"memory": written}})).expect(201)
    assert dig(container(reply), "resources", "requests", "memory") == kept


def test_another_spelling_of_a_quantity_is_no_change(client: Client) -> None:
    made = client.apply(with_container(resources={"requests": {"cpu": "0.5"}}))
    again = client.apply(with_container(resources={"requests": {"cpu": "0.5"}})).expect(200)
    assert again.version == made.version


def test_requests_do_not_follow_limits_before_there_is_a_pod(client: Client) -> None:
    reply = client.create(with_container(resources={"limits": {"cpu": "1"}}))
    assert container(reply)["resources"] == {"limits": {"cpu": "1"}}


def test_ports_are_tcp_and_probes_have_their_times(client: Client) -> None:
    probe: JsonObject = {"httpGet": {"port": 80}}
    found = container(client.create(with_container(ports=[{"containerPort": 80}], livenessProbe=probe)))
    assert found["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert found["livenessProbe"] == {
        "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_empty_values_are_not_written_back(client: Client) -> None:
    reply = client.create(with_container(env=[{"name": "A", "value": ""}], args=[], tty=False)).expect(201)
    found = container(reply)
    assert found["env"] == [{"name": "A"}]
    assert "args" not in found
    assert "tty" not in found


def test_empty_values_can_be_applied_again_without_change(client: Client) -> None:
    body = with_container(env=[{"name": "A", "value": ""}], args=[])
    made = client.apply(body).expect(201)
    assert client.apply(body).expect(200).version == made.version


def test_a_service_gets_an_address_and_keeps_it(client: Client) -> None:
    made = client.apply(service()).expect(201)
    address = made.get("spec", "clusterIP")
    assert address
    assert made.get("spec", "clusterIPs") == [address]
    assert client.apply(service("web", 80, 81)).expect(200).get("spec", "clusterIP") == address


def test_a_service_put_without_its_address_keeps_it(client: Client) -> None:
    made = client.create(service())
    assert client.replace(service("web", 80)).expect(200).get("spec", "clusterIP") == made.get("spec", "clusterIP")


def test_a_service_gets_its_defaults(client: Client) -> None:
    spec = as_object(client.create(service("web", 80)).get("spec"))
    assert (spec["type"], spec["sessionAffinity"], spec["internalTrafficPolicy"]) == ("ClusterIP", "None", "Cluster")
    assert spec["ports"] == [{"name": "p80", "port": 80, "protocol": "TCP", "targetPort": 80}]


def test_a_node_port_service_gets_a_port(client: Client) -> None:
    body = service()
    as_object(body["spec"])["type"] = "NodePort"
    ports = as_list(client.create(body).expect(201).get("spec", "ports"))
    number = dig(ports[0], "nodePort")
    assert isinstance(number, int)
    assert 30_000 <= number <= 32_767


def test_string_data_of_a_secret_becomes_data(client: Client) -> None:
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "b2xk", "b": "Yg=="},
        "stringData": {"a": "new"},
    }
    reply = client.create(body).expect(201)
    assert reply.get("data") == {"a": "bmV3", "b": "Yg=="}
    assert reply.get("stringData") is None
    assert reply.get("type") == "Opaque"


def test_a_job_gets_a_selector_of_its_own(client: Client) -> None:
    template: JsonObject = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1"}]}}
    body: JsonObject = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job"},
        "spec": {"template": template},
    }
    reply = client.create(body).expect(201)
    uid = reply.uid
    assert reply.get("spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid") == uid
    assert reply.get("spec", "template", "metadata", "labels", "batch.kubernetes.io/controller-uid") == uid
    assert (reply.get("spec", "backoffLimit"), reply.get("spec", "completions")) == (6, 1)


def test_kinds_without_defaults_come_back_as_they_were_sent(client: Client) -> None:
    reply = client.create({**config_map(a="1"), "binaryData": {"b": "Yg=="}}).expect(201)
    assert set(reply.body) == {"apiVersion", "kind", "metadata", "data", "binaryData"}


def test_requests_follow_limits_in_a_pod(client: Client) -> None:
    main: JsonObject = {"name": "main", "image": "nginx:1", "resources": {"limits": {"cpu": "1"}}}
    body: JsonObject = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": {"containers": [main]}}
    reply = client.create(body, dryRun="All").expect(201)
    assert dig(as_list(reply.get("spec", "containers"))[0], "resources", "requests", "cpu") == "1"


def test_a_job_carries_the_labels_of_its_pods(client: Client) -> None:
    template: JsonObject = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1"}]}}
    head: JsonObject = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}}
    reply = client.create({**head, "spec": {"template": template}}).expect(201)
    assert reply.get("metadata", "labels") == reply.get("spec", "template", "metadata", "labels")
