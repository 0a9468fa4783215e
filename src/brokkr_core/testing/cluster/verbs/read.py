"""GET: one object, or a list of them."""

from __future__ import annotations

from collections.abc import Mapping

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.listing import Page, read_page
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.verbs.change import find


def get(core: Core, call: Call) -> Answer:
    """Return one object."""
    return Answer(code=200, body=find(core, call))


def list_objects(core: Core, call: Call, query: Mapping[str, str]) -> Answer:
    """Return the objects a query selects, page by page if it says so."""
    return Answer(code=200, body=list_body(call, read_page(core, call, query)))


def _item(call: Call, body: JsonObject) -> JsonObject:
    """Items of built-in kinds do not say again what the list has said."""
    if not call.resource.builtin:
        return call.resource.in_this_version(body)
    return {name: value for name, value in body.items() if name not in {"apiVersion", "kind"}}


def list_body(call: Call, page: Page) -> JsonObject:
    """Write a page as a List object."""
    items: list[Json] = [_item(call, body) for body in page.items]
    metadata: JsonObject = {"resourceVersion": str(page.version)}
    if page.token or not call.resource.builtin:
        metadata["continue"] = page.token
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    kind = call.resource.list_kind or f"{call.resource.kind}List"
    return {"kind": kind, "apiVersion": call.resource.api_version, "metadata": metadata, "items": items}
