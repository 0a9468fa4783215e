"""Identity, names, namespaces and the types of metadata."""

from __future__ import annotations

import pytest

from brokkr_core.manifest import parse_all


def faults(text: str) -> dict[str, tuple[int, str]]:
    return {error.path: (error.line, error.problem) for error in parse_all(text).errors}


def test_a_good_object_has_its_identity() -> None:
    (manifest,) = (
        parse_all("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: b}\n").checked().manifests
    )

    assert str(manifest.ref) == "Deployment/b/a"
    assert (manifest.ref.group, manifest.ref.version) == ("apps", "v1")


def test_all_faults_of_a_document_come_at_once_with_their_lines() -> None:
    found = faults(
        "apiVersion: 1\nmetadata:\n  name: Foo_Bar\n  namespace: A.b\n  labels:\n    ok: fine\n"
        "    enabled: true\n    version: 1.10\n  annotations:\n    x: [1]\n"
    )

    assert {path: line for path, (line, _) in found.items()} == {
        "apiVersion": 1,
        "kind": 1,
        "metadata.name": 3,
        "metadata.namespace": 4,
        "metadata.labels[enabled]": 7,
        "metadata.labels[version]": 8,
        "metadata.annotations[x]": 10,
    }
    assert "a boolean; quote it" in found["metadata.labels[enabled]"][1]
    assert "as one text" in found["metadata.annotations[x]"][1]


@pytest.mark.parametrize(
    ("metadata", "path", "word"),
    [
        ("", "metadata.name", "missing"),
        ("metadata: null", "metadata.name", "missing"),
        ("metadata: []", "metadata", "mapping"),
        ("metadata: {}", "metadata.name", "missing"),
        ("metadata: {name: ''}", "metadata.name", "missing"),
        ("metadata: {generateName: a-}", "metadata.name", "generateName"),
        ("metadata: {name: 5}", "metadata.name", "a number; quote it"),
        ("metadata: {name: no}", "metadata.name", "a boolean; quote it"),
        ("metadata: {name: 0}", "metadata.name", "a number; quote it"),
        ("metadata: {name: A}", "metadata.name", "lower-case"),
        ("metadata: {name: a..b}", "metadata.name", "lower-case"),
        ("metadata: {name: -a}", "metadata.name", "lower-case"),
        ('metadata: {name: "a\\n"}', "metadata.name", "lower-case"),
        ("metadata: {name: " + "a" * 254 + "}", "metadata.name", "253"),
        ("metadata: {name: a, namespace: 5}", "metadata.namespace", "a number"),
        ("metadata: {name: a, namespace: a.b}", "metadata.namespace", "lower-case"),
        ("metadata: {name: a, namespace: " + "a" * 64 + "}", "metadata.namespace", "63"),
        ("metadata: {name: a, labels: [x]}", "metadata.labels", "mapping"),
        ("metadata: {name: a, annotations: text}", "metadata.annotations", "mapping"),
    ],
)
def test_a_fault_in_the_metadata_is_named_with_its_path(metadata: str, path: str, word: str) -> None:
    found = faults(f"apiVersion: v1\nkind: ConfigMap\n{metadata}\n")

    assert list(found) == [path]
    assert word in found[path][1]


@pytest.mark.parametrize(
    ("api_version", "kind", "name", "good"),
    [
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node", True),
        ("rbac.authorization.k8s.io/v1", "Role", "Any Thing", True),
        ("rbac.authorization.k8s.io/v1", "Role", "a/b", False),
        ("rbac.authorization.k8s.io/v1", "Role", "a%b", False),
        ("rbac.authorization.k8s.io/v1", "Role", "..", False),
        ("apiregistration.k8s.io/v1", "APIService", "v1.", True),
        ("networking.k8s.io/v1", "IPAddress", "2001:db8::1", True),
        ("networking.k8s.io/v1", "Ingress", "a:b", False),
        ("v1", "Namespace", "a.b", False),
        ("v1", "Service", "a.b", False),
        ("v1", "ConfigMap", "a.b", True),
        ("example.com/v1", "Foo", "0a", True),
    ],
)
def test_names_follow_the_rules_of_their_kind(api_version: str, kind: str, name: str, *, good: bool) -> None:
    text = f'apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: "{name}"\n'

    assert (parse_all(text).errors == ()) is good


@pytest.mark.parametrize(
    "head", ["apiVersion: ' v1'\nkind: Foo", "apiVersion: v1\nkind: ''", "apiVersion: a/b/c\nkind: Foo"]
)
def test_api_version_and_kind_must_make_sense(head: str) -> None:
    assert len(faults(f"{head}\nmetadata: {{name: a}}\n")) == 1


def test_null_labels_and_null_values_pass_as_the_server_takes_them() -> None:
    text = "apiVersion: v1\nkind: Foo\nmetadata:\n  name: a\n  labels:\n  annotations:\n    x:\n"

    assert parse_all(text).errors == ()


def test_the_document_of_a_fault_is_numbered_and_its_neighbours_come_out() -> None:
    good = "apiVersion: v1\nkind: Foo\nmetadata:\n  name: a\n"
    parsed = parse_all(f"{good}---\n{good}  labels:\n    x: 1\n---\n{good}", source_name="f")

    assert [manifest.origin.document for manifest in parsed.manifests] == [1, 3]
    assert str(parsed.errors[0]).startswith("f:11:5 (document 2): metadata.labels[x]: ")
