"""What ``kubectl create`` sends in protobuf becomes what the same object sent as JSON becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.testing.cluster import EmbeddedCluster
from kubectl_support import Kubectl, needs_kubectl

pytestmark = needs_kubectl

GENERATORS = {
    "namespaces": "namespace one",
    "configmaps": "configmap one --from-literal=a=1 --from-literal=b=",
    "secrets": "secret generic one --from-literal=password=x",
    "serviceaccounts": "serviceaccount one",
    "deployments": "deployment one --image=nginx:1 --replicas=0 --port=80",
    "services": "service nodeport one --tcp=80:8080 --tcp=443:web",
    "jobs": "job one --image=busybox -- sleep 1",
    "cronjobs": "cronjob one --image=busybox --schedule=*/5_*_*_*_*",
    "ingresses": "ingress one --rule=example.com/path*=web:80,tls=cert --class=nginx",
    "resourcequotas": "quota one --hard=cpu=1500m,pods=2",
    "poddisruptionbudgets": "poddisruptionbudget one --selector=app=web --min-available=50%",
    "roles": "role one --verb=get,list --resource=deployments.apps --resource-name=web",
    "rolebindings": "rolebinding one --role=one --serviceaccount=default:one",
    "clusterroles": "clusterrole one --verb=get --non-resource-url=/healthz",
    "clusterrolebindings": "clusterrolebinding one --clusterrole=one --user=somebody",
    "priorityclasses": "priorityclass one --value=7 --description=seven",
}


@pytest.mark.parametrize("plural", GENERATORS)
def test_protobuf_and_json_make_the_same_object(tmp_path: Path, plural: str) -> None:
    arguments = [word.replace("_", " ") for word in GENERATORS[plural].split()]
    with EmbeddedCluster() as one, EmbeddedCluster() as other:
        one.serve()
        Kubectl(tmp_path, one.write_kubeconfig(tmp_path / "one"))("create", *arguments)
        other.serve()
        kubectl = Kubectl(tmp_path, other.write_kubeconfig(tmp_path / "other"))
        split = arguments.index("--") if "--" in arguments else len(arguments)
        dry = [*arguments[:split], "--dry-run=client", "--output=json", *arguments[split:]]
        body = json.loads(kubectl("create", *dry))
        kubectl("create", "--filename", kubectl.file(body))
        assert made(one, plural) == made(other, plural)


def made(cluster: EmbeddedCluster, plural: str) -> JsonObject:
    """The object called ``one``, without what two requests cannot agree on."""
    found = [body for (_, kind, _, name), body in cluster.cluster.objects().items() if (kind, name) == (plural, "one")]
    assert len(found) == 1
    metadata = {name: value for name, value in as_object(found[0]["metadata"]).items() if name not in VARYING}
    return {**found[0], "metadata": metadata}


VARYING = {"creationTimestamp", "managedFields", "resourceVersion", "uid"}


def test_questions_about_rights_are_answered(tmp_path: Path) -> None:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        kubectl = Kubectl(tmp_path, cluster.write_kubeconfig(tmp_path / "kubeconfig"))
        assert kubectl("auth", "can-i", "delete", "deployments") == "yes\n"
        assert "*.*" in kubectl("auth", "can-i", "--list")
        assert "kubernetes-admin" in kubectl("auth", "whoami")
