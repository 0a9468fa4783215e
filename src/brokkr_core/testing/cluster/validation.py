"""Is an object of a built-in kind acceptable? The part of Kubernetes' validation that manifests run into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.paths import compact
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.schema import Node
from brokkr_core.testing.cluster.status import Fault

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_PATH_SEGMENT = re.compile(r"(?!\.\.?$)[^/%]+")

_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_DNS_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
#: Total bytes of all annotation keys and values (``pkg/api/validation/objectmeta.go``).
_ANNOTATION_BYTES = 256 * 1024

_ENVELOPE = frozenset({"apiVersion", "kind", "metadata", "status"})
_LABELLED = frozenset({"namespaces"})
_DNS_1035_NAMED = frozenset({"services"})
#: RBAC names may hold anything that fits into a path.
_PATH_NAMED = frozenset({"clusterroles", "clusterrolebindings", "roles", "rolebindings"})


def invalid_value(field: str, value: Json, rule: str) -> Fault:
    """Build the fault of a value that breaks a rule."""
    return Fault(reason="FieldValueInvalid", message=f"Invalid value: {compact(value)}: {rule}", field=field)


def required_value(field: str, rule: str = "") -> Fault:
    """Build the fault of a value that is missing."""
    message = f"Required value: {rule}" if rule else "Required value"
    return Fault(reason="FieldValueRequired", message=message, field=field)


def metadata_faults(resource: Resource, body: JsonObject, old: JsonObject) -> Iterator[Fault]:
    """Yield what is wrong with the metadata of an object.

    Args:
        resource: what kind of object it is.
        body: the object.
        old: the object before, which was right; empty on create.
    """
    before = as_object(old.get("metadata"))
    metadata = as_object(body.get("metadata"))
    if metadata.get("name") != before.get("name") or not before:
        yield from _name_faults(resource, as_text(metadata.get("name")))
    if (labels := metadata.get("labels")) is not before.get("labels"):
        yield from _label_faults(text_map(labels))
    if (annotations := metadata.get("annotations")) is not before.get("annotations"):
        yield from _annotation_faults(text_map(annotations))
    for at, owner in enumerate(as_list(metadata.get("ownerReferences"))):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not dig(owner, name):
                field = f"metadata.ownerReferences[{at}].{name}"
                yield invalid_value(field, "", f"{name} must not be empty")
    for finalizer in as_list(metadata.get("finalizers")):
        if "/" not in as_text(finalizer) and finalizer not in {"orphan", "foregroundDeletion", "kubernetes"}:
            rule = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid_value("metadata.finalizers", finalizer, rule)


def _name_faults(resource: Resource, name: str) -> Iterator[Fault]:
    if not name:
        yield required_value("metadata.name", "name or generateName is required")
        return
    rule, pattern, longest = _SUBDOMAIN_RULE, _SUBDOMAIN, 253
    if resource.builtin and resource.plural in _PATH_NAMED:
        rule, pattern = "may not contain '/' or '%'", _PATH_SEGMENT
    elif resource.builtin and resource.plural in _LABELLED:
        rule, pattern, longest = _LABEL_RULE, _LABEL, 63
    elif resource.builtin and resource.group == "" and resource.plural in _DNS_1035_NAMED:
        rule, pattern, longest = _DNS_1035_RULE, _DNS_1035, 63
    if not _matches(pattern, name):
        yield invalid_value("metadata.name", name, rule)
    if len(name) > longest:
        yield invalid_value("metadata.name", name, f"must be no more than {longest} characters")


@lru_cache(maxsize=8192)
def _matches(pattern: re.Pattern[str], text: str) -> bool:
    """Names, labels and keys come again and again."""
    return pattern.fullmatch(text) is not None


def _label_faults(labels: dict[str, str]) -> Iterator[Fault]:
    yield from _key_faults(labels, "metadata.labels")
    for value in labels.values():
        if len(value) > 63:
            yield invalid_value("metadata.labels", value, "must be no more than 63 characters")
        elif value and not _matches(_QUALIFIED, value):
            yield invalid_value("metadata.labels", value, _LABEL_VALUE_RULE)


def _annotation_faults(annotations: dict[str, str]) -> Iterator[Fault]:
    yield from _key_faults(annotations, "metadata.annotations")
    total = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if total > _ANNOTATION_BYTES:
        message = f"Too long: may not be more than {_ANNOTATION_BYTES} bytes"
        yield Fault(reason="FieldValueTooLong", message=message, field="metadata.annotations")


def _key_faults(keys: Iterable[str], field: str) -> Iterator[Fault]:
    for key in keys:
        prefix, slash, name = key.rpartition("/")
        named = _matches(_QUALIFIED, name) and len(name) <= 63
        prefixed = not slash or (_matches(_SUBDOMAIN, prefix.lower()) and len(prefix) <= 253)
        if not (named and prefixed):
            rule = (
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
                "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
            yield invalid_value(field, key, rule)


def spec_faults(resource: Resource, body: JsonObject, old: JsonObject) -> Iterator[Fault]:
    """Yield what is wrong with the content of an object of a built-in kind.

    Args:
        resource: what kind of object it is.
        body: the object.
        old: the object before, in which nothing was missing; empty on create.
    """
    for name, value in body.items():
        if name not in _ENVELOPE and value is not old.get(name):
            yield from _missing(value, resource.node.child(name), name)
    for name in resource.node.required:
        if name not in body and name not in _ENVELOPE:
            yield required_value(name)
    yield from _kind_faults(resource, body)


def _missing(value: Json, node: Node, path: str) -> Iterator[Fault]:
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _missing(item, node.item, f"{path}[{at}]")
    if not isinstance(value, dict) or node.text_map:
        return
    for name in sorted(node.required):
        if value.get(name) is None and node.builtin:
            yield required_value(f"{path}.{name}")
    for name, member in value.items():
        if isinstance(member, (dict, list)):
            yield from _missing(member, node.child(name), f"{path}.{name}")


def _kind_faults(resource: Resource, body: JsonObject) -> Iterator[Fault]:
    match resource.storage_id:
        case ("apps", _) | ("batch", "jobs"):
            yield from _template_faults(body)
            yield from _strategy_faults(resource, body)
        case ("", "pods"):
            yield from _pod_faults(as_object(body.get("spec")), "spec")
        case ("", "configmaps" | "secrets"):
            yield from _data_faults(body)
        case ("", "services"):
            yield from _service_faults(body)


def _template_faults(body: JsonObject) -> Iterator[Fault]:
    template = dig(body, "spec", "template")
    if not isinstance(template, dict):
        return
    yield from _pod_faults(as_object(template.get("spec")), "spec.template.spec")
    wanted = text_map(dig(body, "spec", "selector", "matchLabels"))
    labels = text_map(dig(template, "metadata", "labels"))
    if not wanted.items() <= labels.items() or dig(body, "spec", "selector") is None:
        rule = "`selector` does not match template `labels`"
        yield invalid_value("spec.template.metadata.labels", dict(labels), rule)


def _strategy_faults(resource: Resource, body: JsonObject) -> Iterator[Fault]:
    """Rolling numbers beside another strategy: what an apply of ``Recreate`` over old defaults runs into."""
    strategy = as_object(dig(body, "spec", "strategy"))
    if resource.plural == "deployments" and strategy.get("type") == "Recreate" and "rollingUpdate" in strategy:
        message = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Fault(reason="FieldValueForbidden", message=message, field="spec.strategy.rollingUpdate")
    update = as_object(dig(body, "spec", "updateStrategy"))
    if resource.plural == "statefulsets" and update.get("type") == "OnDelete" and "rollingUpdate" in update:
        field, rule = "spec.updateStrategy.rollingUpdate", "only allowed for updateStrategy 'RollingUpdate'"
        yield invalid_value(field, update["rollingUpdate"], rule)


def _pod_faults(spec: JsonObject, path: str) -> Iterator[Fault]:
    if not as_list(spec.get("containers")):
        yield required_value(f"{path}.containers")
    seen: set[str] = set()
    for at, container in enumerate(as_list(spec.get("containers"))):
        name = as_text(dig(container, "name"))
        if name and not _LABEL.fullmatch(name):
            yield invalid_value(f"{path}.containers[{at}].name", name, _LABEL_RULE)
        if name in seen:
            message = f'Duplicate value: "{name}"'
            field = f"{path}.containers[{at}].name"
            yield Fault(reason="FieldValueDuplicate", message=message, field=field)
        seen.add(name)
        if not dig(container, "image"):
            yield required_value(f"{path}.containers[{at}].image")


def _data_faults(body: JsonObject) -> Iterator[Fault]:
    for part in ("data", "binaryData"):
        for key in as_object(body.get(part)):
            if not _matches(_CONFIG_KEY, key) or len(key) > 253:
                rule = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
                    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                yield invalid_value(f"{part}[{key}]", key, rule)


def _service_faults(body: JsonObject) -> Iterator[Fault]:
    spec = as_object(body.get("spec"))
    headless = spec.get("clusterIP") == "None"
    if not as_list(spec.get("ports")) and not headless and spec.get("type") != "ExternalName":
        yield required_value("spec.ports")
    for at, port in enumerate(as_list(spec.get("ports"))):
        number = dig(port, "port")
        if isinstance(number, int) and not 1 <= number <= 65535:
            yield invalid_value(f"spec.ports[{at}].port", number, "must be between 1 and 65535, inclusive")
        if len(as_list(spec.get("ports"))) > 1 and not dig(port, "name"):
            yield required_value(f"spec.ports[{at}].name")
