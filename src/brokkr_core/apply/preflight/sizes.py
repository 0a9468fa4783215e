"""Is an object small enough to be stored? Said before anything is sent, and of what makes it large. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from brokkr_core.apply.difference.credentials import is_custom
from brokkr_core.apply.difference.paths import step
from brokkr_core.errors import Cause
from brokkr_core.model.json import Json, as_object, text_map
from brokkr_core.model.manifest import Manifest

#: Bytes of all annotations of an object, keys and values (apimachinery ``totalAnnotationSizeLimitB``).
LARGEST_ANNOTATIONS = 256 * 1024

#: Bytes of one request to etcd, unless it is told otherwise (``--max-request-bytes``).
LARGEST_OBJECT = 1536 * 1024

#: How much of an object one member must be for its own members to be looked at instead.
_MOST = 0.5


def check_size(manifest: Manifest) -> tuple[Cause, ...]:
    """Check whether an object fits into a cluster.

    Custom resources are stored as JSON. Other kinds are stored in a denser form, so of them only what no form saves
    is counted: the bytes of keys and texts. The server adds to both, so the last word is its own.

    Args:
        manifest: the object.

    Returns:
        One cause for every limit that is passed; it names the largest part and no value.
    """
    return (*_annotation_faults(manifest), *_object_faults(manifest))


def _annotation_faults(manifest: Manifest) -> Iterator[Cause]:
    annotations = text_map(as_object(manifest.body.get("metadata")).get("annotations"))
    sizes = {key: _utf8(key) + _utf8(value) for key, value in annotations.items()}
    if sum(sizes.values()) <= LARGEST_ANNOTATIONS:
        return
    largest = max(sizes, key=lambda key: (sizes[key], key))
    message = (
        f"the annotations of {manifest.ref} have {_amount(sum(sizes.values()))}, and the most is "
        f"{_amount(LARGEST_ANNOTATIONS)}; the largest is {largest} with {_amount(sizes[largest])}"
    )
    yield Cause(reason="FieldValueTooLong", message=message, field="metadata.annotations")


def _object_faults(manifest: Manifest) -> Iterator[Cause]:
    size = _stored(manifest.body, custom=is_custom(manifest.ref.group))
    if size <= LARGEST_OBJECT:
        return
    path, weight = _largest(manifest.body, "")
    message = (
        f"{manifest.ref} has {_amount(size)}, and a cluster keeps {_amount(LARGEST_OBJECT)} at most; "
        f"the largest part is {path} with {_amount(weight)}"
    )
    yield Cause(reason="RequestEntityTooLarge", message=message, field=path)


def _stored(body: Json, *, custom: bool) -> int:
    if custom:
        return len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return _weight(body)


def _weight(value: Json) -> int:
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, dict):
        return sum(_utf8(key) + _weight(member) for key, member in value.items())
    return sum(map(_weight, value)) if isinstance(value, list) else 1


def _largest(value: Json, path: str) -> tuple[str, int]:
    """Go down as long as one member is most of what is there."""
    weight = _weight(value)
    for inner, member in _members(value, path):
        if _weight(member) > weight * _MOST:
            return _largest(member, inner)
    return path, weight


def _members(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        yield from ((step(path, key), member) for key, member in value.items())
    elif isinstance(value, list):
        yield from ((f"{path}[{at}]", item) for at, item in enumerate(value))


def _utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _amount(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.2f} MiB"
