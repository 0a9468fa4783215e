"""What a stack owns in the cluster: a ConfigMap written before the first write and after the last deletion.

Before a run it names everything old and everything new, so that nothing can be orphaned by a crash; after the run it
names exactly what is left. It carries none of the stack annotations: upstream's agent deletes what carries them with
another checksum, and would delete the inventory itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from attrs import field, frozen

from brokkr_core.errors import InputError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef

#: Field manager of the inventory itself.
INVENTORY_MANAGER = "brokkr-inventory"
#: A ConfigMap holds at most 1 MiB; above this the server would refuse it after the first writes.
MAX_BYTES = 900 * 1024


@frozen(kw_only=True, order=True)
class Entry:
    """One object that a stack owns. The uid is empty until its creation was seen."""

    ref: ObjectRef
    uid: str = field(default="", eq=False, order=False)


@frozen(kw_only=True)
class Inventory:
    """Everything a stack owns, and the revision it was brought to."""

    entries: tuple[Entry, ...] = ()
    revision: str = ""  #: id of the deployment object last committed; empty before the first success
    checksum: str = ""

    def union(self, refs: Iterable[ObjectRef]) -> Inventory:
        """Return the inventory with further objects in it, their uids unknown."""
        known = {entry.ref: entry for entry in self.entries}
        added = {ref: Entry(ref=ref) for ref in refs if ref not in known}
        return Inventory(
            entries=tuple(sorted((known | added).values())), revision=self.revision, checksum=self.checksum
        )


@frozen(kw_only=True)
class StackKey:
    """Which stack of which owner: two agents in one cluster keep two inventories."""

    stack_id: str
    owner_id: str

    @property
    def object_name(self) -> str:
        """Name of the ConfigMap: short, valid whatever the ids are, and the same at every start."""
        digest = hashlib.sha256(f"{self.owner_id}/{self.stack_id}".encode()).hexdigest()
        return f"brokkr-inventory-{digest[:16]}"


class InventoryStore:
    """Keeps inventories as ConfigMaps in one namespace.

    Args:
        client: the cluster.
        namespace: where the agent keeps its own records; must exist.
    """

    def __init__(self, client: KubeClient, *, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def load(self, key: StackKey) -> Inventory | None:
        """Read a stack's inventory; None when there never was one, which is not the same as an empty one."""
        body = self._client.find(self._ref(key))
        return _parse(body, key) if body is not None else None

    def stacks(self, owner_id: str) -> list[str]:
        """Return the ids of all stacks that an owner has an inventory of."""
        resource = self._client.resource(self._ref(StackKey(stack_id="", owner_id=owner_id)))
        bodies = self._client.list(resource, namespace=self._namespace, labels="brokkr.io/inventory=true")
        return sorted(as_text(dig(body, "data", "stack")) for body in bodies if dig(body, "data", "owner") == owner_id)

    def save(self, key: StackKey, inventory: Inventory) -> None:
        """Write a stack's inventory.

        Raises:
            InputError: it does not fit into one ConfigMap.
        """
        objects = json.dumps([_entry_json(entry) for entry in inventory.entries], separators=(",", ":"))
        if len(objects) > MAX_BYTES:
            raise InputError(
                f"stack {key.stack_id}: an inventory of {len(inventory.entries)} objects ({len(objects)} bytes) does "
                f"not fit into one ConfigMap ({MAX_BYTES} bytes); split the stack"
            )
        ref = self._ref(key)
        body: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": ref.name,
                "namespace": ref.namespace,
                "labels": {"app.kubernetes.io/managed-by": "brokkr", "brokkr.io/inventory": "true"},
            },
            "data": {
                "stack": key.stack_id,
                "owner": key.owner_id,
                "revision": inventory.revision,
                "checksum": inventory.checksum,
                "objects": objects,
            },
        }
        self._client.apply(body, ref, manager=INVENTORY_MANAGER, force=True)

    def forget(self, key: StackKey) -> None:
        """Delete the inventory of a stack that owns nothing any more."""
        body = self._client.find(self._ref(key), metadata_only=True)
        if body is not None:
            self._client.delete(self._ref(key), uid=as_text(dig(body, "metadata", "uid")))

    def _ref(self, key: StackKey) -> ObjectRef:
        return ObjectRef(group="", version="v1", kind="ConfigMap", namespace=self._namespace, name=key.object_name)


def _entry_json(entry: Entry) -> Json:
    ref = entry.ref
    return [ref.group, ref.version, ref.kind, ref.namespace, ref.name, entry.uid]


def _parse(body: JsonObject, key: StackKey) -> Inventory:
    try:
        rows: Json = json.loads(as_text(dig(body, "data", "objects")) or "[]")
    except ValueError as error:
        raise InputError(
            f"ConfigMap {key.object_name}: the inventory of stack {key.stack_id} cannot be read ({error}); nothing is "
            "deleted on its word: restore it, or delete it to have the cluster searched by annotation"
        ) from error
    entries = [_entry(row) for row in as_list(rows)]
    return Inventory(
        entries=tuple(sorted(entries)),
        revision=as_text(dig(body, "data", "revision")),
        checksum=as_text(dig(body, "data", "checksum")),
    )


def _entry(row: Json) -> Entry:
    group, version, kind, namespace, name, uid = (as_text(member) for member in as_list(row))
    return Entry(ref=ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name), uid=uid)
