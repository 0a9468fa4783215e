"""Is the metadata of an object acceptable? Names, labels, annotations, owners and finalizers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.status import Fault, invalid_value, required_value

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PATH_SEGMENT = re.compile(r"(?!\.\.?$)[^/%]+")

_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_RULE = (
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


_LABELLED = frozenset({"namespaces"})
_DNS_1035_NAMED = frozenset({"services"})
#: RBAC names may hold anything that fits into a path.
_PATH_NAMED = frozenset({"clusterroles", "clusterrolebindings", "roles", "rolebindings"})


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
        yield from _label_faults(tuple(text_map(labels).items()))
    if (annotations := metadata.get("annotations")) is not before.get("annotations"):
        yield from _annotation_faults(text_map(annotations))
    if "ownerReferences" in metadata or "finalizers" in metadata:
        yield from _tie_faults(as_list(metadata.get("ownerReferences")), as_list(metadata.get("finalizers")))


def _tie_faults(owners: list[Json], finalizers: list[Json]) -> Iterator[Fault]:
    for at, owner in enumerate(owners):
        for name in ("apiVersion", "kind", "name", "uid"):
            if not dig(owner, name):
                field = f"metadata.ownerReferences[{at}].{name}"
                yield invalid_value(field, "", f"{name} must not be empty")
    for finalizer in finalizers:
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
        rule, pattern, longest = LABEL_RULE, LABEL, 63
    elif resource.builtin and resource.group == "" and resource.plural in _DNS_1035_NAMED:
        rule, pattern, longest = _DNS_1035_RULE, _DNS_1035, 63
    if not pattern.fullmatch(name):
        yield invalid_value("metadata.name", name, rule)
    if len(name) > longest:
        yield invalid_value("metadata.name", name, f"must be no more than {longest} characters")


@lru_cache(maxsize=8192)
def _matches(pattern: re.Pattern[str], text: str) -> bool:
    """Keys come again and again."""
    return pattern.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _label_faults(labels: tuple[tuple[str, str], ...]) -> tuple[Fault, ...]:
    """Many objects have the labels of another."""
    faults = list(_key_faults((key for key, _ in labels), "metadata.labels"))
    for _, value in labels:
        if len(value) > 63:
            faults.append(invalid_value("metadata.labels", value, "must be no more than 63 characters"))
        elif value and not _QUALIFIED.fullmatch(value):
            faults.append(invalid_value("metadata.labels", value, _LABEL_VALUE_RULE))
    return tuple(faults)


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
