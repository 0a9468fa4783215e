"""Is a custom resource what its CustomResourceDefinition asks for? As far as that can be told without a server."""

from __future__ import annotations

from brokkr_core.apply.preflight.schema.settle import settled
from brokkr_core.apply.preflight.schema.shape import shape_faults
from brokkr_core.apply.preflight.schema.values import type_fault, value_faults
from brokkr_core.errors import Cause
from brokkr_core.model.json import JsonObject, as_list, as_object, dig
from brokkr_core.model.manifest import Manifest

#: What every object has; no definition describes it, but for the patterns a name may have to fit.
EVERYWHERE = ("apiVersion", "kind", "metadata")


def check_schema(manifest: Manifest, definition: JsonObject, *, new: bool = True) -> tuple[Cause, ...]:
    """Check a custom resource against the schema of its version in a definition of the same bundle.

    It is read as the API server reads a server-side apply with strict field validation: unknown fields are refused,
    nulls that are not allowed fall out, defaults are filled in, and what is then there is validated. Rules in CEL
    (``x-kubernetes-validations``), ``format`` and the content of ``metadata`` are left to the server. In doubt an
    object is taken as good, because the server is asked later all the same.

    Args:
        manifest: the custom resource.
        definition: the CustomResourceDefinition, as the bundle has it.
        new: whether the object does not exist yet. Of one that exists the cluster may hold what the manifest lacks,
            so nothing is then said to be missing.

    Returns:
        One cause for everything that is wrong, with the field's path and without any value of the object.
    """
    version = _version_of(definition, manifest.ref.version)
    schema = dig(version, "schema", "openAPIV3Schema")
    if not isinstance(schema, dict):
        return ()
    root = _root_of(schema, closed=dig(definition, "spec", "preserveUnknownFields") is not True)
    faults = list(shape_faults(manifest.body, root, ""))
    body = settled(manifest.body, root, defaults=new)
    if isinstance(body, dict) and dig(version, "subresources", "status") is not None:
        body = {key: member for key, member in body.items() if key != "status"}  # an apply does not reach it
    found = faults + list(value_faults(body, root, "", whole=new))
    return tuple(dict.fromkeys(found + _name_faults(manifest, schema)))


def _version_of(definition: JsonObject, name: str) -> JsonObject:
    versions = as_list(dig(definition, "spec", "versions"))
    return next((as_object(one) for one in versions if dig(one, "name") == name), {})


def _root_of(schema: JsonObject, *, closed: bool) -> JsonObject:
    """Return the schema with what every object has; the server adds it as well, so that the root has fields."""
    properties = {key: inner for key, inner in as_object(schema.get("properties")).items() if key not in EVERYWHERE}
    root: JsonObject = {**schema, "type": "object", "properties": {**properties, **{key: {} for key in EVERYWHERE}}}
    return root if closed else {**root, "x-kubernetes-preserve-unknown-fields": True}


def _name_faults(manifest: Manifest, schema: JsonObject) -> list[Cause]:
    """The one thing a definition may ask of ``metadata`` (apiextensions ``validation.go``)."""
    wanted = as_object(dig(schema, "properties", "metadata", "properties", "name"))
    path, name = "metadata.name", manifest.ref.name
    return [fault for fault in (type_fault(name, wanted, path),) if fault] + list(
        value_faults(name, wanted, path, whole=True)
    )
