"""Where inventories are kept: a small root ConfigMap per stack that names the ConfigMaps its entries are in.

It is written before the first write of a run, naming everything old and everything new, so that nothing can be
orphaned by a crash; after the run it names exactly what is left. None of its objects carries the stack annotations:
upstream's agent deletes what carries them with another checksum, and would delete the inventory itself.
"""

from __future__ import annotations

import contextlib

from attrs import frozen

from brokkr_core.apply.identity import uid
from brokkr_core.apply.inventory.shards import Shard, join, name_of, split
from brokkr_core.apply.inventory.values import Entry, Inventory, StackKey
from brokkr_core.errors import ApiError, InputError, NetworkError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.ref import ObjectRef

#: Field manager of the inventory itself.
INVENTORY_MANAGER = "brokkr-inventory"

_KIND = "brokkr.io/inventory"  #: label: ``true`` on a root, ``shard`` on a piece
_ROOT = "brokkr.io/inventory-root"  #: label of a piece: the name of its root
_TRIES = 3


class InventoryStore:
    """Keeps inventories as ConfigMaps in one namespace.

    A save writes new pieces, then the root, then deletes the pieces that no root names any more. So whenever it is
    cut off, the root that stands there names pieces that stand there too.

    Args:
        client: the cluster.
        namespace: where the agent keeps its own records; must exist.
    """

    def __init__(self, client: KubeClient, *, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def load(self, key: StackKey) -> Inventory | None:
        """Read a stack's inventory; None when there never was one, which is not the same as an empty one.

        Raises:
            InputError: it is there and cannot be read whole.
        """
        root = self._client.find(self._ref(key.object_name))
        for _ in range(_TRIES):
            if root is None:
                return None
            head = _head(root, key)
            texts = {name: self._text(key, name) for name in head.shards}
            if None not in texts.values():
                return _inventory(key, head, texts)
            again = self._client.find(self._ref(key.object_name))
            if again == root:
                missing = next(name for name, text in texts.items() if text is None)
                raise _unreadable(key, f"ConfigMap {missing} is missing")
            root = again  # somebody saved in between, and took away what we were reading
        raise _unreadable(key, "it changed each time it was read")

    def stacks(self, owner_id: str) -> list[str]:
        """Return the ids of all stacks that an owner has an inventory of; only roots are read."""
        return sorted(as_text(dig(root, "data", "stack")) for root in self._roots(owner_id))

    def load_all(self, owner_id: str) -> dict[str, Inventory | InputError]:
        """Read every inventory of an owner, in two requests unless somebody saves meanwhile.

        Returns:
            By id of the stack, what ``load`` returns or raises.
        """
        roots, resource = self._roots(owner_id), self._client.resource(self._ref("any"))
        listed = self._client.list(resource, namespace=self._namespace, labels=f"{_KIND}=shard")
        pieces = {as_text(dig(piece, "metadata", "name")): piece for piece in listed}
        found: dict[str, Inventory | InputError] = {}
        for root in roots:
            key = StackKey(stack_id=as_text(dig(root, "data", "stack")), owner_id=owner_id)
            try:
                inventory = self._joined(key, root, pieces) or self.load(key)
            except InputError as error:
                found[key.stack_id] = error
                continue
            if inventory is not None:
                found[key.stack_id] = inventory
        return found

    def _roots(self, owner_id: str) -> list[JsonObject]:
        resource = self._client.resource(self._ref("any"))
        roots = self._client.list(resource, namespace=self._namespace, labels=f"{_KIND}=true")
        return [root for root in roots if dig(root, "data", "owner") == owner_id]

    def _joined(self, key: StackKey, root: JsonObject, pieces: dict[str, JsonObject]) -> Inventory | None:
        """Put an inventory together from what was listed; None when a piece is not there, or no longer."""
        head = _head(root, key)
        if not pieces.keys() >= set(head.shards):
            return None
        return _inventory(key, head, {name: _checked(key, name, pieces[name]) for name in head.shards})

    def save(self, key: StackKey, inventory: Inventory) -> None:
        """Write a stack's inventory: what is there already is not written again."""
        shards = split(key, inventory.entries)
        data = _root_data(key, inventory, shards)
        root = self._client.find(self._ref(key.object_name))
        there = self._shards(key)
        for shard in shards:
            if shard.name not in there:
                labels = {_KIND: "shard", _ROOT: key.object_name}
                self._write(shard.name, {"objects": shard.text}, labels, immutable=True)
        if root is None or dig(root, "data") != data:
            self._write(key.object_name, data, {_KIND: "true"})
        for shard in shards:
            there.pop(shard.name, None)
        self._sweep(there)

    def forget(self, key: StackKey) -> None:
        """Delete the inventory of a stack that owns nothing any more, root first."""
        ref = self._ref(key.object_name)
        root = self._client.find(ref, metadata_only=True)
        if root is not None:
            self._client.delete(ref, uid=uid(root))
        self._sweep(self._shards(key))

    def _text(self, key: StackKey, name: str) -> str | None:
        """Read one piece; None when it is missing."""
        body = self._client.find(self._ref(name))
        if body is None:
            return None
        return _checked(key, name, body)

    def _shards(self, key: StackKey) -> dict[str, str]:
        """Return the uid of every piece of this stack, by name."""
        resource = self._client.resource(self._ref("any"))
        labels = f"{_KIND}=shard,{_ROOT}={key.object_name}"
        listed = self._client.list(resource, namespace=self._namespace, metadata_only=True, labels=labels)
        found = {as_text(dig(body, "metadata", "name")): uid(body) for body in listed}
        return {name: uid for name, uid in found.items() if name.startswith(f"{key.object_name}-")}

    def _sweep(self, shards: dict[str, str]) -> None:
        """Delete pieces that no root names; what cannot be deleted now is found again by the next save."""
        for name, known in shards.items():
            with contextlib.suppress(ApiError, NetworkError):
                self._client.delete(self._ref(name), uid=known)

    def _write(self, name: str, data: JsonObject, labels: dict[str, str], *, immutable: bool = False) -> None:
        ref = self._ref(name)
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": ref.name,
                "namespace": ref.namespace,
                "labels": {"app.kubernetes.io/managed-by": "brokkr", **labels},
            },
            "data": data,
        }
        self._client.apply(
            body | ({"immutable": True} if immutable else {}), ref, manager=INVENTORY_MANAGER, force=True
        )

    def _ref(self, name: str) -> ObjectRef:
        return ObjectRef(group="", version="v1", kind="ConfigMap", namespace=self._namespace, name=name)


@frozen(kw_only=True)
class _Head:
    """What a root says."""

    shards: tuple[str, ...]
    count: int
    revision: str
    checksum: str


def _checked(key: StackKey, name: str, body: JsonObject) -> str:
    """Return what a piece says, which its name vouches for."""
    text = as_text(dig(body, "data", "objects"))
    if name_of(key, text) != name:
        raise _unreadable(key, f"ConfigMap {name} was altered: its content does not match its name")
    return text


def _root_data(key: StackKey, inventory: Inventory, shards: tuple[Shard, ...]) -> JsonObject:
    return {
        "stack": key.stack_id,
        "owner": key.owner_id,
        "revision": inventory.revision,
        "checksum": inventory.checksum,
        "count": str(len(inventory.entries)),
        "shards": "\n".join(shard.name for shard in shards),
    }


def _head(root: JsonObject, key: StackKey) -> _Head:
    data = {name: as_text(dig(root, "data", name)) for name in ("stack", "owner", "revision", "checksum", "count")}
    shards = dig(root, "data", "shards")
    if not isinstance(shards, str) or not data["count"].isdecimal():
        raise _unreadable(key, "it does not say what it consists of")
    if (data["stack"], data["owner"]) != (key.stack_id, key.owner_id):
        raise _unreadable(key, "it is the inventory of another stack")
    return _Head(
        shards=tuple(shards.split()), count=int(data["count"]), revision=data["revision"], checksum=data["checksum"]
    )


def _inventory(key: StackKey, head: _Head, texts: dict[str, str | None]) -> Inventory:
    try:
        entries: tuple[Entry, ...] = join(text for text in texts.values() if text is not None)
    except ValueError as error:
        raise _unreadable(key, str(error)) from error
    if len(entries) != head.count:
        raise _unreadable(key, f"its pieces hold {len(entries)} objects, not {head.count}")
    return Inventory(entries=entries, revision=head.revision, checksum=head.checksum)


def _unreadable(key: StackKey, why: str) -> InputError:
    return InputError(
        f"ConfigMap {key.object_name}: the inventory of stack {key.stack_id} cannot be read: {why}; nothing is deleted "
        "on its word: restore it, or delete it to have the cluster searched by annotation"
    )
