"""How many old and new pods there are while a Deployment rolls, as plain numbers."""

from __future__ import annotations

import hashlib
import json
import math

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_int, as_object, as_text, dig

#: The letters of a ``pod-template-hash``.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@frozen(kw_only=True)
class Counts:
    """How many pods of each generation should exist.

    Args:
        old: pods of earlier templates that stay, ready.
        new: pods of the newest template.
    """

    old: int
    new: int


def wanted_replicas(spec: JsonObject) -> int:
    """Return how many replicas a workload asks for."""
    return as_int(spec.get("replicas"), 1)


def while_rolling(spec: JsonObject, old_ready: int) -> Counts:
    """Return how far a rollout gets before its new pods are ready.

    (``pkg/controller/deployment/util``: surge rounds up, unavailable rounds down, not both may be zero.)

    Args:
        spec: the spec of a Deployment.
        old_ready: ready pods of earlier templates.
    """
    wanted = wanted_replicas(spec)
    if old_ready == 0 or dig(spec, "strategy", "type") == "Recreate":
        return Counts(old=0, new=wanted)
    rolling = as_object(dig(spec, "strategy", "rollingUpdate"))
    surge = _share(rolling.get("maxSurge"), wanted, up=True)
    unavailable = _share(rolling.get("maxUnavailable"), wanted, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    old = max(0, min(old_ready, wanted - unavailable))
    return Counts(old=old, new=max(0, min(wanted, wanted + surge - old)))


def least_available(spec: JsonObject) -> int:
    """Return how many ready pods make a Deployment available.

    Args:
        spec: the spec of a Deployment.
    """
    wanted = wanted_replicas(spec)
    if dig(spec, "strategy", "type") == "Recreate":
        return wanted
    return while_rolling(spec, wanted).old


def _share(value: Json, whole: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    percent = int(as_text(value).rstrip("%") or 0) * whole / 100
    return math.ceil(percent) if up else math.floor(percent)


def template_hash(template: Json) -> str:
    """Return a name part that differs when the pod template differs."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])
