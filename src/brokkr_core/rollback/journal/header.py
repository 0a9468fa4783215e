"""What the first record of a journal says: which run this is, and what the stack was before it. Pure."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime

from attrs import field, frozen

from brokkr_core.apply.inventory.values import Entry as Owned
from brokkr_core.apply.inventory.values import Inventory, StackKey
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.plan import Plan
from brokkr_core.rollback.journal.encoding import ref_from_json, ref_to_json


@frozen(kw_only=True)
class Header:
    """Which run a journal is of."""

    stack_id: str
    owner_id: str
    revision: str = ""  #: id of the deployment object
    checksum: str = ""
    plan_digest: str = ""  #: of the objects and edges, in order
    manager: str = ""  #: field manager of the writes
    token: str = ""  #: of the Lease under which the run began; empty without one
    key: str = field(factory=lambda: secrets.token_hex(32), repr=False)  #: of the certificate's digests, in hex
    inventory: Inventory = field(factory=Inventory)  #: what the stack owned before the run

    @property
    def stack(self) -> StackKey:
        """The inventory's key."""
        return StackKey(stack_id=self.stack_id, owner_id=self.owner_id)

    def to_json(self) -> JsonObject:
        """Return the header as the facts of a record."""
        owned = self.inventory
        return {
            "stack": self.stack_id,
            "owner": self.owner_id,
            "revision": self.revision,
            "checksum": self.checksum,
            "plan": self.plan_digest,
            "manager": self.manager,
            "token": self.token,
            "key": self.key,
            "inventory": {
                "revision": owned.revision,
                "checksum": owned.checksum,
                "entries": [[ref_to_json(one.ref), one.uid] for one in owned.entries],
            },
        }

    @classmethod
    def of(cls, facts: JsonObject) -> Header:
        """Read the header back from the facts of a record."""
        text = {key: as_text(facts.get(key)) for key in ("stack", "owner", "revision", "checksum", "plan", "manager")}
        return cls(
            stack_id=text["stack"],
            owner_id=text["owner"],
            revision=text["revision"],
            checksum=text["checksum"],
            plan_digest=text["plan"],
            manager=text["manager"],
            token=as_text(facts.get("token")),
            key=as_text(facts.get("key")),
            inventory=_inventory(facts.get("inventory")),
        )


def plan_digest(plan: Plan, checksum: str) -> str:
    """Return the digest of a plan: which objects in which order, for which reasons, of which text.

    Args:
        plan: the plan.
        checksum: of the text the objects were written in.

    Returns:
        SHA-256 in hex. No value of any object goes into it, only the checksum of the whole.
    """
    edges = sorted((str(edge.before), str(edge.after), str(edge.kind)) for edge in plan.edges)
    named: Json = [checksum, [ref_to_json(one.ref) for one in plan.manifests], [[*edge] for edge in edges]]
    return hashlib.sha256(json.dumps(named, separators=(",", ":")).encode()).hexdigest()


def name_of(stack: StackKey, *, began: datetime, salt: str) -> str:
    """Name a journal: by the stack, then by the time, so that names of one stack sort by age.

    Args:
        stack: whose run it is.
        began: when, with time zone.
        salt: tells two runs of the same second apart; some letters and digits.

    Returns:
        A name that begins with the stack's digest and is valid as a label value (at most 63 characters).
    """
    return f"{stack.digest}-{began.astimezone(UTC):%Y%m%d-%H%M%S-%f}-{salt}"


def _inventory(value: Json) -> Inventory:
    entries = []
    for row in as_list(dig(value, "entries")):
        ref, uid = [*as_list(row), None, None][:2]
        entries.append(Owned(ref=ref_from_json(ref), uid=as_text(uid)))
    return Inventory(
        entries=tuple(entries), revision=as_text(dig(value, "revision")), checksum=as_text(dig(value, "checksum"))
    )
