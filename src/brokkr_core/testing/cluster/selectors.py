"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from brokkr_core.model.json import Json, JsonObject, as_text, dig, text_map
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.status import bad_request
from brokkr_core.testing.cluster.words import word_set

Predicate: TypeAlias = Callable[[JsonObject], bool]
_LabelTest: TypeAlias = Callable[[dict[str, str]], bool]

_SETS = re.compile(r"(\S+)\s+(in|notin)\s*\(([^)]*)\)")
_EQUALS = re.compile(r"([^=!<>\s]+)\s*(==|=|!=)\s*([^=!<>\s]*)")
_ORDERED = re.compile(r"([^=!<>\s]+)\s*([<>])\s*(-?\d+)")
_EXISTS = re.compile(r"(!?)\s*([^=!<>\s,]+)")
_COMMAS = re.compile(r",(?![^(]*\))")

#: Fields that kinds can be selected by, besides name and namespace (the ``…ToSelectableFields`` functions).
_FIELDS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("", "pods"): word_set("spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName status.phase"),
    ("", "events"): word_set(
        "involvedObject.kind involvedObject.name involvedObject.namespace involvedObject.uid reason type"
    ),
    ("", "secrets"): frozenset({"type"}),
    ("", "namespaces"): frozenset({"status.phase"}),
    ("", "nodes"): frozenset({"spec.unschedulable"}),
    ("", "services"): frozenset({"spec.clusterIP", "spec.type"}),
    ("batch", "jobs"): frozenset({"status.successful"}),
}
_ALWAYS = frozenset({"metadata.name", "metadata.namespace"})


def selector(resource: Resource, labels: str, fields: str) -> Predicate:
    """Return what tells whether an object is selected.

    Args:
        resource: whose objects; it decides which fields can be asked.
        labels: a label selector, or empty.
        fields: a field selector, or empty.

    Raises:
        Refusal: 400, a selector cannot be read or names a field the server cannot select by.
    """
    label_tests = [_label_test(part.strip()) for part in _COMMAS.split(labels) if part.strip()]
    field_tests = [_field_test(resource, part.strip()) for part in fields.split(",") if part.strip()]
    if not label_tests and not field_tests:
        return lambda _body: True

    def selects(body: JsonObject) -> bool:
        if not all(test(body) for test in field_tests):
            return False
        found = text_map(dig(body, "metadata", "labels"))
        return all(test(found) for test in label_tests)

    return selects


def _label_test(part: str) -> _LabelTest:
    if match := _SETS.fullmatch(part):
        key, wanted = match[1], {value.strip() for value in match[3].split(",")}
        if match[2] == "in":
            return lambda labels: labels.get(key) in wanted
        return lambda labels: labels.get(key) not in wanted
    if match := _EQUALS.fullmatch(part):
        key, value = match[1], match[3]
        if match[2] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _ORDERED.fullmatch(part):
        return _ordered_test(match[1], match[2], int(match[3]))
    if match := _EXISTS.fullmatch(part):
        key, absent = match[2], bool(match[1])
        return lambda labels: (key in labels) is not absent
    raise bad_request(_unreadable(part))


def _unreadable(part: str) -> str:
    """Say at which word a label selector goes wrong."""
    match = re.match(r"([^=!<>\s]*)\s*(==|=|!=|)\s*([^=!<>\s]*)\s*(\S*)", part)
    assert match is not None
    key, sign, _, rest = match.groups()
    if not key:
        return f"found '{sign}', expected: !, identifier, or 'end of string'"
    if sign:
        return f"found '{rest[:1]}', expected: ',' or 'end of string'"
    found = match[3] or rest
    return f"unable to parse requirement: found '{found}', expected: in, notin, =, ==, !=, gt, lt"


def _ordered_test(key: str, sign: str, bound: int) -> _LabelTest:
    def test(labels: dict[str, str]) -> bool:
        text = labels.get(key, "")
        if not re.fullmatch(r"-?\d+", text):
            return False
        return int(text) > bound if sign == ">" else int(text) < bound

    return test


def _field_test(resource: Resource, part: str) -> Predicate:
    match = re.fullmatch(r"([^=!]+)(==|=|!=)(.*)", part)
    if match is None:
        raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
    name, wanted, same = match[1], match[3], match[2] != "!="
    if name not in _ALWAYS | _FIELDS.get(resource.storage_id, frozenset()):
        raise bad_request(_unknown_field(resource, name))
    path = name.split(".")
    return lambda body: (_text(dig(body, *path)) == wanted) is same


def _unknown_field(resource: Resource, name: str) -> str:
    if resource.storage_id == ("batch", "jobs"):
        return f'field label "{name}" not supported for Job'
    if not resource.builtin or resource.storage_id in _FIELDS:
        return f"field label not supported: {name}"
    return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_text(value) if not isinstance(value, int) else str(value)
