"""Random bundles on a cluster in memory, and what others do to them."""

from __future__ import annotations

import json

from attrs import frozen
from hypothesis import strategies as st

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig
from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import APPLY, MERGE_PATCH

THEIRS = "somebody-else"
UPDATER = "kubectl-edit"
HOLD = "example.com/hold"

NAMES = ("a", "b", "c")
#: Which kinds a bundle is made of, and where a random map of texts goes in them.
KINDS: dict[str, tuple[str, str]] = {
    "ConfigMap": ("v1", "data"),
    "Secret": ("v1", "data"),
    "Deployment": ("apps/v1", "template"),
}

Key = tuple[str, str]  #: kind and name
Bundle = dict[Key, JsonObject]

words = st.sampled_from(["MQ==", "Mg==", "Mw=="])
texts = st.dictionaries(st.sampled_from(["k", "app.properties", "x"]), words, max_size=3)
extras = st.dictionaries(st.sampled_from(["one", "example.com/two"]), st.sampled_from(["1", "2"]), max_size=2)
keys = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(NAMES))


@frozen(kw_only=True)
class Write:
    """Something a person or a controller does to an object of the bundle."""

    how: str
    kind: str
    name: str
    values: dict[str, str]


#: ``hold`` and ``free`` put a foreign finalizer on and take it off; ``note`` only adds an annotation.
HOWS = ("apply", "force", "update", "delete", "replace", "note", "hold", "free")
EDITS = HOWS[:5]


@st.composite
def manifests(draw: st.DrawFn, *, min_size: int = 1, fixed: bool = False, bare: bool = True) -> Bundle:
    """Draw a bundle; ``fixed`` lets some of its settings be immutable, ``bare`` lets objects set no field at all."""
    chosen = draw(st.lists(keys, min_size=min_size, max_size=4, unique=True))
    bundle = {key: body_of(*key, values=draw(texts), labels=draw(extras), annotations=draw(extras)) for key in chosen}
    for key, body in bundle.items():
        if not bare:
            as_object(body["metadata"])["labels"] = {"app": key[1]}
        if fixed and key[0] == "ConfigMap" and draw(st.booleans()):
            body["immutable"] = True
    return bundle


def writes(targets: st.SearchStrategy[Key], hows: tuple[str, ...] = EDITS) -> st.SearchStrategy[Write]:
    """Draw what somebody else does to one of the targets."""
    return st.builds(
        lambda how, key, values: Write(how=how, kind=key[0], name=key[1], values=values),
        st.sampled_from(hows),
        targets,
        texts,
    )


def body_of(
    kind: str,
    name: str,
    *,
    values: dict[str, str],
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> JsonObject:
    """Make an object that carries a map of texts where its kind has room for one."""
    api_version, member = KINDS[kind]
    metadata: JsonObject = {"name": name, "namespace": "default"}
    metadata |= {"labels": {**labels}} if labels else {}
    metadata |= {"annotations": {**annotations}} if annotations else {}
    body: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    if member == "data":
        return body | ({"data": {**values}} if values else {})
    variables: list[Json] = [{"name": key.upper().replace(".", "_"), "value": value} for key, value in values.items()]
    container: JsonObject = {"name": "main", "image": f"app:{len(values)}"} | ({"env": variables} if variables else {})
    pod: JsonObject = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return body | {"spec": {"selector": {"matchLabels": {"app": name}}, "template": pod}}


class Others:
    """Somebody else who may do everything, and whom no fault befalls."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        self._cluster = cluster

    def write(self, write: Write) -> None:
        """Do it; what the cluster refuses does not happen."""
        body = body_of(write.kind, write.name, values=write.values)
        api = KINDS[write.kind][0]
        root = f"/apis/{api}" if "/" in api else f"/api/{api}"
        path = f"{root}/namespaces/default/{write.kind.lower()}s/{write.name}"
        read = self._cluster.administer(Request(method="GET", path=path))
        live: JsonObject = json.loads(read.body) if read.status == 200 else {}
        if write.how in ("apply", "force"):
            query = {"fieldManager": THEIRS, "force": "true" if write.how == "force" else "false"}
            self._send("PATCH", path, body, query=query, content_type=APPLY)
        elif write.how == "update" and live:
            edited = {**live, **{key: body[key] for key in ("data",) if key in body}}
            edited = {**edited, "metadata": {**as_object(live["metadata"]), "labels": {"edited": "yes"}}}
            self._send("PUT", path, edited)
        elif write.how == "note":
            self._patch(path, {"annotations": {"example.com/note": str(len(write.values))}})
        elif write.how in ("hold", "free"):
            held = [one for one in as_list(dig(live, "metadata", "finalizers")) if one != HOLD]
            self._patch(path, {"finalizers": [*held, HOLD] if write.how == "hold" else held})
        elif write.how in ("delete", "replace"):
            self._send("DELETE", path, {})
            if write.how == "replace":
                self._send("POST", path.rpartition("/")[0], body)

    def _patch(self, path: str, metadata: JsonObject) -> None:
        self._send("PATCH", path, {"metadata": metadata}, content_type=MERGE_PATCH)

    def _send(
        self,
        method: str,
        path: str,
        body: JsonObject,
        *,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        headers = {"content-type": content_type}
        asked = query or {"fieldManager": UPDATER}
        sent = json.dumps(body).encode()
        self._cluster.administer(Request(method=method, path=path, query=asked, headers=headers, body=sent))
