"""Is the content of a built-in object acceptable? The part of the validation that manifests run into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.metadata import LABEL, LABEL_RULE
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.schema import Node
from brokkr_core.testing.cluster.status import Fault, invalid_value, required_value

_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")

_ENVELOPE = frozenset({"apiVersion", "kind", "metadata", "status"})


def spec_faults(resource: Resource, body: JsonObject, old: JsonObject) -> Iterator[Fault]:
    """Yield what is wrong with the content of an object of a built-in kind.

    Args:
        resource: what kind of object it is.
        body: the object.
        old: the object before, in which nothing was missing; empty on create.
    """
    for name, value in body.items():
        if name in _ENVELOPE or value is old.get(name):
            continue
        node = resource.node.child(name)
        if not node.text_map:
            yield from _missing(value, node, name)
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
        if name and not LABEL.fullmatch(name):
            yield invalid_value(f"{path}.containers[{at}].name", name, LABEL_RULE)
        if name in seen:
            message = f'Duplicate value: "{name}"'
            field = f"{path}.containers[{at}].name"
            yield Fault(reason="FieldValueDuplicate", message=message, field=field)
        seen.add(name)
        if not dig(container, "image"):
            yield required_value(f"{path}.containers[{at}].image")


def _data_faults(body: JsonObject) -> Iterator[Fault]:
    for part in ("data", "binaryData"):
        for key in _bad_config_keys(tuple(as_object(body.get(part)))):
            rule = (
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
                "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            )
            yield invalid_value(f"{part}[{key}]", key, rule)


@lru_cache(maxsize=1024)
def _bad_config_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The same keys come again with other values."""
    return tuple(key for key in keys if not _CONFIG_KEY.fullmatch(key) or len(key) > 253)


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
