"""What stands in a namespace: enough of it to see by eye, and to prove, whether two states are equal."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from attrs import frozen

from brokkr_core.apply import State, assess
from brokkr_core.apply.difference.paths import comparable
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_int, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of

#: Digests are keyed with a fresh key per process: they show whether values are equal and give nothing away.
_KEY = secrets.token_bytes(32)

#: Written by controllers and not by anybody's manifest.
_BY_CONTROLLERS = frozenset({"Event", "Pod", "ReplicaSet", "Endpoints", "EndpointSlice"})


@frozen(kw_only=True, order=True)
class Row:
    """One object: which, its uid, a digest of everything somebody could have written, and a word about it."""

    ref: ObjectRef
    uid: str
    digest: str
    word: str = ""
    ready: bool = True


def look(client: KubeClient, namespace: str) -> tuple[Row, ...]:
    """Read everything in a namespace.

    Args:
        client: the cluster.
        namespace: which one.

    Returns:
        One row per object, sorted.
    """
    rows = set()
    for resource in client.discovery.resources():
        if resource.namespaced and "list" in resource.verbs and resource.kind not in _BY_CONTROLLERS:
            rows |= {_row(body) for body in client.list(resource, namespace=namespace)}
    return tuple(sorted(rows))


def _row(body: JsonObject) -> Row:
    text = json.dumps(comparable(body), sort_keys=True).encode()
    return Row(
        ref=ref_of(body),
        uid=as_text(dig(body, "metadata", "uid")),
        digest=hmac.new(_KEY, text, hashlib.sha256).hexdigest()[:12],
        word=_word(body),
        ready=assess(body).state is State.READY,
    )


def _word(body: JsonObject) -> str:
    if body.get("kind") == "Deployment":
        containers = as_list(dig(body, "spec", "template", "spec", "containers"))
        image = as_text(dig(containers[0], "image")).rpartition("/")[2] if containers else ""
        ready = as_int(dig(body, "status", "readyReplicas"))
        return f"{image}, {ready} of {as_int(dig(body, 'spec', 'replicas'), 1)} ready"
    if body.get("kind") == "ConfigMap":
        return as_text(dig(body, "data", "GREETING"))
    return ""
