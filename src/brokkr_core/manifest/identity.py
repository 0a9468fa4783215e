"""Is a value an object Kubernetes could take: identity and the types of its metadata."""

from __future__ import annotations

from functools import lru_cache

from brokkr_core.manifest.faults import Fault, quote
from brokkr_core.manifest.names import Rule, label_fault, name_rule
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.ref import ObjectRef, split_api_version


def kind_of_value(value: Json) -> str:
    """Name the type of a value for a message, never the value itself."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def is_list(value: JsonObject) -> bool:
    """Tell whether an object is a list: as for kubectl, ``items`` makes it one, whatever its kind."""
    return isinstance(value.get("items"), list)


@lru_cache(maxsize=256)
def _sound_type(api_version: str, kind: str) -> tuple[str, str, Rule] | None:
    """Return group, version and the rule for names; None when anything is wrong. A stream has few types."""
    faults: list[Fault] = []
    _check_type({"apiVersion": api_version, "kind": kind}, faults)
    group, version = split_api_version(api_version)
    return None if faults else (group, version, name_rule(group, kind))


#: A stream has few namespaces, too.
_namespace_fault = lru_cache(maxsize=256)(label_fault)


def sound_identity(body: JsonObject) -> ObjectRef | None:
    """Read the identity of an object if there is nothing wrong with it: what nearly every object has to pass.

    Args:
        body: the object.

    Returns:
        Its identity; None when ``check_body`` has to say what is wrong, if anything is.
    """
    api_version, kind, metadata = body.get("apiVersion"), body.get("kind"), body.get("metadata")
    if not (isinstance(api_version, str) and isinstance(kind, str) and isinstance(metadata, dict)):
        return None
    sound = _sound_type(api_version, kind)
    name, namespace = metadata.get("name"), metadata.get("namespace", "")
    if sound is None or not (isinstance(name, str) and isinstance(namespace, str)):
        return None
    group, version, rule = sound
    if not name or rule(name) or (namespace and _namespace_fault(namespace)):
        return None
    if not (_only_text(metadata.get("labels")) and _only_text(metadata.get("annotations"))):
        return None
    return ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name)


def _only_text(texts: Json) -> bool:
    return texts is None or (isinstance(texts, dict) and all(map(_is_text, texts.values())))


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def check_body(body: JsonObject) -> list[Fault]:
    """Find everything wrong with an object's identity and metadata.

    Args:
        body: the object.

    Returns:
        All faults with their paths, in reading order; empty when it is fine.
    """
    faults: list[Fault] = []
    _check_type(body, faults)
    _check_metadata(body, faults)
    return faults


def _check_type(body: JsonObject, faults: list[Fault]) -> None:
    for path in ("apiVersion", "kind"):
        value = body.get(path)
        if not isinstance(value, str):
            faults.append(_wrong_text(path, value))
        elif not value or value.strip() != value:
            faults.append(Fault(path=path, problem="must be text without blanks around it"))
    api_version = body.get("apiVersion")
    if isinstance(api_version, str) and api_version.count("/") > 1:
        problem = "must be a version such as v1, or group/version such as apps/v1"
        faults.append(Fault(path="apiVersion", problem=problem))


def _wrong_text(path: str, value: Json) -> Fault:
    if value is None:
        return Fault(path=path, problem="is missing; every Kubernetes object has one")
    return Fault(path=path, problem=f"must be text, found {kind_of_value(value)}; quote it")


def _check_metadata(body: JsonObject, faults: list[Fault]) -> None:
    metadata = body.get("metadata")
    if metadata is None:
        faults.append(Fault(path="metadata.name", problem="is missing; give the object a name"))
        return
    if not isinstance(metadata, dict):
        faults.append(Fault(path="metadata", problem=f"must be a mapping, found {kind_of_value(metadata)}"))
        return
    _check_name(body, metadata, faults)
    _check_namespace(metadata, faults)
    for member in ("labels", "annotations"):
        _check_texts(member, metadata.get(member), faults)


def _check_name(body: JsonObject, metadata: JsonObject, faults: list[Fault]) -> None:
    path = "metadata.name"
    name = metadata.get("name")
    if not name and name is not False and name != 0:
        if metadata.get("generateName"):
            problem = "is missing: generateName makes a new object each time and cannot be applied; write a name"
            faults.append(Fault(path=path, problem=problem))
        else:
            faults.append(Fault(path=path, problem="is missing; give the object a name"))
        return
    if not isinstance(name, str):
        faults.append(Fault(path=path, problem=f"must be text, found {kind_of_value(name)}; quote it"))
        return
    api_version, kind = body.get("apiVersion"), body.get("kind")
    group = split_api_version(api_version)[0] if isinstance(api_version, str) else ""
    if problem := name_rule(group, kind if isinstance(kind, str) else "")(name):
        shown = "" if kind == "Secret" else f" {quote(name)}"
        faults.append(Fault(path=path, problem=f"the name{shown} {problem}"))


def _check_namespace(metadata: JsonObject, faults: list[Fault]) -> None:
    path = "metadata.namespace"
    namespace = metadata.get("namespace")
    if namespace is None or namespace == "":
        return
    if not isinstance(namespace, str):
        faults.append(Fault(path=path, problem=f"must be text, found {kind_of_value(namespace)}; quote it"))
    elif problem := label_fault(namespace):
        faults.append(Fault(path=path, problem=f"the namespace {problem}"))


def _check_texts(member: str, texts: Json, faults: list[Fault]) -> None:
    """Check labels or annotations; a null value is let through, as the API server reads it as empty text."""
    if texts is None:
        return
    path = f"metadata.{member}"
    if not isinstance(texts, dict):
        faults.append(Fault(path=path, problem=f"must be a mapping, found {kind_of_value(texts)}"))
        return
    for key, value in texts.items():
        if isinstance(value, str) or value is None:
            continue
        found = kind_of_value(value)
        advice = "write the structure as one text" if isinstance(value, dict | list) else "quote it"
        faults.append(Fault(path=f"{path}[{key}]", problem=f"the value must be text, found {found}; {advice}"))


def identity(body: JsonObject) -> ObjectRef:
    """Read the identity of an object that has no faults.

    Args:
        body: the object, checked by ``check_body``.

    Returns:
        Its identity.
    """
    group, version = split_api_version(str(body["apiVersion"]))
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    return ObjectRef(
        group=group,
        version=version,
        kind=str(body["kind"]),
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata["name"]),
    )
