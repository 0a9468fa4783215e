"""Make the table of protobuf messages from the ``.proto`` files of Kubernetes' Go modules.

Run ``python -m brokkr_core.testing.cluster.tables.generate_protobuf API APIMACHINERY``, where the two are checkouts of
``k8s.io/api`` and ``k8s.io/apimachinery``.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.tables.generate import VERSION, VIRTUAL, kinds, read_definitions

TARGET = Path(__file__).parent / f"protobuf-{VERSION}.json.gz"

DELETE_OPTIONS = "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions"

_MESSAGE = re.compile(r"^message (\w+) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^ +(optional|repeated|map<string, ([\w.]+)>) ?([\w.]*) (\w+) = (\d+);", re.MULTILINE)
_WHOLE_NUMBERS = frozenset({"int32", "int64", "uint32", "uint64"})


def main(folders: Iterable[str]) -> None:
    """Write the table beside this file."""
    messages = dict(read_messages(Path(folder) for folder in folders))
    definitions = read_definitions()
    for name, fields in messages.items():
        fit_to_json(fields, as_object(dig(definitions, as_definition(name), "properties")))
    reachable = collect(messages, roots(definitions))
    table = {name: messages[name] for name in sorted(reachable)}
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def read_messages(folders: Iterable[Path]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield every message: its full name, and by number its fields' names, types and how often they come."""
    for path in (path for folder in folders for path in sorted(folder.rglob("generated.proto"))):
        text = path.read_text()
        package = re.search(r"^package ([\w.]+);$", text, re.MULTILINE)
        for name, body in _MESSAGE.findall(text):
            assert package is not None
            yield f"{package[1]}.{name}", dict(read_field(package[1], found) for found in _FIELD.finditer(body))


def read_field(package: str, found: re.Match[str]) -> tuple[str, list[str]]:
    """Return a field's number, and its name, type and ``one``, ``many`` or ``map``."""
    label, values, type_name, name, number = found.groups()
    often = {"optional": "one", "repeated": "many"}.get(label, "map")
    return number, [name, full_type(package, values or type_name), often]


def full_type(package: str, type_name: str) -> str:
    """Return a scalar type in short, or the full name of a message."""
    if type_name.startswith("."):
        return type_name[1:]
    if type_name in _WHOLE_NUMBERS:
        return "int"
    return f"{package}.{type_name}" if type_name[0].isupper() else type_name


def as_definition(name: str) -> str:
    """Return the name a message has in the OpenAPI document."""
    return name.replace("k8s.io.", "io.k8s.", 1)


def fit_to_json(fields: dict[str, list[str]], properties: JsonObject) -> None:
    """Mark the fields that JSON does not have, because what is inside them stands in their place."""
    for field in fields.values():
        name, type_name, often = field
        if name == "items" and len(fields) == 1 and not properties:
            field[2] = "whole"  # a message around a list, such as Verbs
        elif properties and name not in properties:
            field[0] = name[0].lower() + name[1:]
            if "." in type_name and often == "one":
                field[2] = "inline"


def roots(definitions: JsonObject) -> list[str]:
    """Return the messages that a request may hold."""
    stored = [name for *_, name in kinds(definitions)]
    virtual = [name for name, definition in definitions.items() if is_virtual(definition)]
    return [DELETE_OPTIONS, *(name.replace("io.k8s.", "k8s.io.", 1) for name in stored + virtual)]


def is_virtual(definition: Json) -> bool:
    """Tell whether this is a stable kind that is asked and never stored."""
    return any(
        as_text(dig(entry, "kind")) in VIRTUAL and re.fullmatch(r"v\d+", as_text(dig(entry, "version")))
        for entry in as_list(dig(definition, "x-kubernetes-group-version-kind"))
    )


def collect(messages: dict[str, dict[str, list[str]]], names: list[str]) -> set[str]:
    """Return the names of all messages that the roots lead to."""
    seen: set[str] = set()
    waiting = [name for name in names if name in messages]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(type_name for _, type_name, _ in messages[name].values() if "." in type_name)
    return seen


if __name__ == "__main__":
    main(sys.argv[1:])
