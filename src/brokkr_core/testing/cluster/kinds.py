"""The built-in kinds, read from the generated table that is shipped beside this file."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.resource import Resource
from brokkr_core.testing.cluster.schema import Definitions, Node

TABLE = "kubernetes-1.37.json.gz"

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

#: Subresources that no schema shows.
_MORE = {"Pod": frozenset({"log"})}


@cache
def _table() -> JsonObject:
    packed = files("brokkr_core.testing.cluster.tables").joinpath(TABLE).read_bytes()
    table: Json = json.loads(gzip.decompress(packed))
    return as_object(table)


@cache
def _definitions() -> Definitions:
    return Definitions(as_object(_table()["definitions"]))


@cache
def object_meta() -> Node:
    """Return the schema of ``metadata``."""
    return _definitions().named(_OBJECT_META)


@cache
def builtin_resources() -> tuple[Resource, ...]:
    """Return every stable built-in resource."""
    return tuple(_resource(as_object(entry)) for entry in as_list(_table()["resources"]))


def _resource(entry: JsonObject) -> Resource:
    return Resource(
        group=as_text(entry["group"]),
        version=as_text(entry["version"]),
        plural=as_text(entry["plural"]),
        kind=as_text(entry["kind"]),
        namespaced=entry["namespaced"] is True,
        singular=as_text(entry["kind"]).lower(),
        list_kind=as_text(entry["kind"]) + "List",
        short_names=_texts(entry, "shortNames"),
        categories=_texts(entry, "categories"),
        subresources=frozenset(_texts(entry, "subresources")) | _MORE.get(as_text(entry["kind"]), frozenset()),
        counts_generation=entry["countsGeneration"] is True,
        node=_definitions().named(as_text(entry["schema"])),
    )


def _texts(entry: JsonObject, name: str) -> tuple[str, ...]:
    return tuple(as_text(item) for item in as_list(dig(entry, name)))
