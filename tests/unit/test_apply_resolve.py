"""Scope, namespace and kind are decided before anything is written, and every fault is told at once."""

from __future__ import annotations

import pytest

from brokkr_core.apply import resolve
from brokkr_core.errors import InputErrors
from brokkr_core.kube import Resource
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.manifest import Manifest
from engine_support import live, wanted

#: What the cluster of these tests serves, and whether that lives in namespaces.
SERVED = {
    ("", "v1", "ConfigMap"): True,
    ("", "v1", "Namespace"): False,
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"): False,
}


class Table:
    def find(self, group: str, version: str, kind: str) -> Resource | None:
        namespaced = SERVED.get((group, version, kind))
        if namespaced is None:
            return None
        return Resource(group=group, version=version, kind=kind, plural=kind.lower() + "s", namespaced=namespaced)


def definition(scope: str = "Namespaced", **versions: bool) -> Manifest:
    spec: JsonObject = {
        "group": "example.com",
        "scope": scope,
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [{"name": name, "served": served} for name, served in versions.items()],
    }
    body = live(
        "CustomResourceDefinition",
        "gadgets.example.com",
        namespace="",
        api_version="apiextensions.k8s.io/v1",
        spec=spec,
    )
    return wanted(body)


def gadget(version: str = "v1", namespace: str = "", line: int = 1) -> Manifest:
    return wanted(live("Gadget", "g", namespace=namespace, api_version=f"example.com/{version}"), line=line)


def namespace_of(manifest: Manifest) -> tuple[str, object]:
    return manifest.ref.namespace, dig(manifest.body, "metadata", "namespace")


def test_a_namespaced_object_without_a_namespace_gets_the_one_given() -> None:
    (found,) = resolve([wanted(live(namespace=""))], Table(), namespace="lab")

    assert namespace_of(found) == ("lab", "lab")


def test_a_namespace_that_is_written_stays() -> None:
    (found,) = resolve([wanted(live(namespace="shop"))], Table(), namespace="lab")

    assert namespace_of(found) == ("shop", "shop")


def test_the_namespace_of_a_cluster_scoped_object_is_dropped() -> None:
    (found,) = resolve([wanted(live("Namespace", namespace="shop"))], Table())

    assert namespace_of(found) == ("", None)


@pytest.mark.parametrize(("scope", "namespace"), [("Namespaced", "default"), ("Cluster", "")])
def test_a_kind_of_the_bundle_is_known_before_it_is_served(scope: str, namespace: str) -> None:
    found = resolve([gadget(), definition(scope, v1=True)], Table())

    assert [one.ref.namespace for one in found] == [namespace, ""]


def test_the_order_of_the_manifests_stays() -> None:
    bundle = [gadget(), definition(v1=True), wanted(live())]

    assert [one.ref.kind for one in resolve(bundle, Table())] == ["Gadget", "CustomResourceDefinition", "ConfigMap"]


def test_a_version_the_bundles_definition_does_not_serve_is_a_fault_that_names_those_it_does() -> None:
    with pytest.raises(InputErrors, match=r"does not serve version 'v2'; it serves v1, v3"):
        resolve([definition(v1=True, v2=False, v3=True), gadget("v2")], Table())


def test_a_definition_that_serves_nothing_says_so() -> None:
    with pytest.raises(InputErrors, match="it serves none"):
        resolve([definition(v1=False), gadget()], Table())


def test_every_kind_nobody_serves_is_named_with_its_place() -> None:
    with pytest.raises(InputErrors) as caught:
        resolve([gadget(line=3), wanted(live()), gadget("v9", line=8)], Table())

    assert [str(error).partition(" (")[0] for error in caught.value.errors] == ["bundle.yaml:3", "bundle.yaml:8"]
    assert "serves no example.com/v9 Gadget" in str(caught.value)


def test_the_manifests_handed_in_are_not_changed() -> None:
    given = wanted(live(namespace=""))
    resolve([given], Table(), namespace="lab")

    assert namespace_of(given) == ("", None)


def test_where_only_one_namespace_is_allowed_it_is_the_default_and_everything_elsewhere_is_named() -> None:
    good = wanted(live(namespace=""))
    assert [one.ref.namespace for one in resolve([good], Table(), only="shop")] == ["shop"]
    with pytest.raises(InputErrors) as caught:
        resolve(
            [good, wanted(live(name="b", namespace="other")), wanted(live("Namespace", "n", namespace=""))],
            Table(),
            only="shop",
        )

    told = str(caught.value).splitlines()
    assert len(told) == 2
    assert "ConfigMap/other/b is in namespace 'other'" in told[0]
    assert "Namespace/n is cluster-scoped" in told[1]
