"""Other faces of the same objects: metadata only, and tables for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.columns import Column, columns_of
from brokkr_core.testing.cluster.resource import Resource


class View(Enum):
    """How objects are shown."""

    WHOLE = "whole"
    METADATA = "PartialObjectMetadata"
    TABLE = "Table"


@lru_cache(maxsize=256)
def view_of(accept: str) -> View:
    """Read which face an ``Accept`` header wants; the first one that is known counts."""
    for part in accept.split(","):
        wanted = re.search(r"as=(\w+)", part)
        if wanted is None:
            if part.strip() in {"application/json", "*/*", "application/*"}:
                return View.WHOLE
            continue
        if wanted[1] == "Table":
            return View.TABLE
        if wanted[1] in {"PartialObjectMetadata", "PartialObjectMetadataList"}:
            return View.METADATA
    return View.WHOLE


def shown(view: View, body: JsonObject, resource: Resource, query: Mapping[str, str], now: datetime) -> JsonObject:
    """Return an object or a list as the request wants to see it.

    Args:
        view: which face.
        body: the object or list.
        resource: what kind of object it is.
        query: ``includeObject`` decides what a table row carries.
        now: for ages.
    """
    if view is View.WHOLE or body.get("kind") == "Status":
        return body
    return _metadata_only(body) if view is View.METADATA else _table(body, resource, query, now)


def _metadata_only(body: JsonObject) -> JsonObject:
    if "items" in body:
        items: list[Json] = [_metadata_only(as_object(item)) for item in as_list(body["items"])]
        head: JsonObject = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return {**head, "metadata": body.get("metadata"), "items": items}
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": body.get("metadata")}


def _table(body: JsonObject, resource: Resource, query: Mapping[str, str], now: datetime) -> JsonObject:
    columns = columns_of(resource)
    items = as_list(body["items"]) if "items" in body else [body]
    rows: list[Json] = [_row(as_object(item), columns, query, now) for item in items]
    metadata = as_object(body.get("metadata"))
    kept: JsonObject = {
        key: metadata[key] for key in ("resourceVersion", "continue", "remainingItemCount") if key in metadata
    }
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": kept,
        "columnDefinitions": [column.definition() for column in columns],
        "rows": rows,
    }


def _row(item: JsonObject, columns: tuple[Column, ...], query: Mapping[str, str], now: datetime) -> JsonObject:
    out: JsonObject = {"cells": [column.cell(item, now) for column in columns]}
    wanted = query.get("includeObject", "Metadata")
    if wanted == "Object":
        out["object"] = item
    elif wanted != "None":
        out["object"] = _metadata_only(item)
    return out


def event_shown(
    view: View, event: JsonObject, resource: Resource, query: Mapping[str, str], now: datetime
) -> JsonObject:
    """Return a watch event with its object as the request wants to see it."""
    if view is View.WHOLE or as_text(event.get("type")) == "ERROR":
        return event
    body = as_object(event["object"])
    if event.get("type") == "BOOKMARK" and view is View.TABLE:
        version: JsonObject = {"resourceVersion": dig(body, "metadata", "resourceVersion")}
        table: JsonObject = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": version}
        return {**event, "object": {**table, "columnDefinitions": [], "rows": []}}
    return {**event, "object": shown(view, body, resource, query, now)}
