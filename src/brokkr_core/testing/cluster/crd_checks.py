"""Is a CustomResourceDefinition acceptable? The rules that a hand-written one breaks most often."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.status import Fault, invalid_value, required_value


def definition_faults(body: JsonObject) -> Iterator[Fault]:
    """Yield what is wrong with a CustomResourceDefinition.

    Args:
        body: the definition with its defaults.
    """
    spec = as_object(body.get("spec"))
    names = as_object(spec.get("names"))
    wanted = f"{as_text(names.get('plural'))}.{as_text(spec.get('group'))}"
    name = as_text(dig(body, "metadata", "name"))
    if name != wanted:
        rule = 'must be spec.names.plural+"."+spec.group'
        yield invalid_value("metadata.name", name, rule)
    if spec.get("scope") not in {"Namespaced", "Cluster"}:
        message = f'Unsupported value: "{as_text(spec.get("scope"))}": supported values: "Cluster", "Namespaced"'
        yield Fault(reason="FieldValueNotSupported", message=message, field="spec.scope")
    versions = as_list(spec.get("versions"))
    if sum(dig(version, "storage") is True for version in versions) != 1:
        yield invalid_value("spec.versions", [], "must have exactly one version marked as storage version")
    yield from _stored_faults(body)
    # A schema that all versions share is moved to where v1beta1 had it before it is judged.
    shared = all(dig(version, "schema") == dig(versions[0], "schema") for version in versions)
    for at, version in enumerate(versions):
        schema = dig(version, "schema", "openAPIV3Schema")
        field = f"spec.versions[{at}].schema.openAPIV3Schema"
        if not isinstance(schema, dict):
            yield required_value(field)
        elif schema.get("type") != "object":
            yield invalid_value(f"{field}.type", schema.get("type"), "must be object at the root")
        else:
            yield from _structural_faults(schema, "spec.validation.openAPIV3Schema" if shared else field)
            if shared:
                return


def _stored_faults(body: JsonObject) -> Iterator[Fault]:
    """A version that objects may still be stored in cannot be removed."""
    names = [dig(version, "name") for version in as_list(dig(body, "spec", "versions"))]
    for at, stored in enumerate(as_list(dig(body, "status", "storedVersions"))):
        if stored not in names:
            name = as_text(stored)
            rule = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions"
            )
            yield invalid_value(f"status.storedVersions[{at}]", stored, rule)


def _structural_faults(schema: Json, path: str) -> Iterator[Fault]:
    """A structural schema has a type at every place (KEP-693)."""
    for name, inner in as_object(dig(schema, "properties")).items():
        yield from _place_faults(inner, f"{path}.properties[{name}]")
    items = dig(schema, "items")
    if isinstance(items, dict):
        yield from _place_faults(items, f"{path}.items")
    others = dig(schema, "additionalProperties")
    if isinstance(others, dict):
        yield from _place_faults(others, f"{path}.additionalProperties")


def _place_faults(schema: Json, path: str) -> Iterator[Fault]:
    inner = as_object(schema)
    free = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string")
    if not inner.get("type") and not any(inner.get(name) for name in free):
        yield required_value(f"{path}.type", "must not be empty for specified object fields")
    yield from _structural_faults(inner, path)
