"""What one record of the audit trail says. Pure."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef

#: Version of the record's shape.
VERSION = 1


class Stage(StrEnum):
    """When a record was written, seen from what it tells of."""

    INTENT = "intent"  #: before a request left; with ``fsync`` it was on the disk by then
    OUTCOME = "outcome"  #: when the answer had come, or none was to be expected any more
    EVENT = "event"  #: something happened that is over with its record


class Action(StrEnum):
    """Everything the agent writes down by itself, as ``noun.verb``."""

    RESOURCE_APPLY = "resource.apply"
    RESOURCE_CREATE = "resource.create"
    RESOURCE_REPLACE = "resource.replace"
    RESOURCE_PATCH = "resource.patch"
    RESOURCE_DELETE = "resource.delete"
    LEASE_RENEW = "lease.renew"
    DEPLOYMENT_START = "deployment.start"
    DEPLOYMENT_FINISH = "deployment.finish"
    DEPLOYMENT_ROLLBACK = "deployment.rollback"
    PRUNE_DECIDE = "prune.decide"
    PRUNE_REFUSE = "prune.refuse"
    CREDENTIAL_USE = "credential.use"
    PAK_ROTATE = "pak.rotate"
    AUTH_REJECTED = "auth.rejected"
    CONFIG_RELOAD = "config.reload"
    LOGLEVEL_SET = "loglevel.set"
    AGENT_START = "agent.start"
    AGENT_STOP = "agent.stop"
    AUDIT_REPAIR = "audit.repair"
    AUDIT_GAP = "audit.gap"
    AUDIT_DROP = "audit.drop"


@frozen(kw_only=True)
class Actor:
    """Who did it."""

    id: str = ""  #: the agent's, which only the broker tells; empty until it has
    name: str = ""

    def to_json(self) -> JsonObject:
        """Return what is known of it."""
        return without_empty({"type": "agent", "id": self.id, "name": self.name})


@frozen(kw_only=True)
class Draft:
    """What is to be recorded; the trail adds who, when, for which deployment, and the place in the chain.

    Args:
        stage: intent, outcome or event.
        action: ``noun.verb``.
        intent: of an outcome, the id of its intent.
        ref: the object it is about.
        uid: of that object, when it is known.
        manager: the field manager of a write.
        own: whether the object is one of the agent's own records.
        result: how it ended; no texts of others.
        facts: particulars of the action; names, numbers and words of ours, never a value of an object.
    """

    stage: Stage
    action: str
    intent: str = ""
    ref: ObjectRef | None = None
    uid: str = ""
    manager: str = ""
    own: bool = False
    result: JsonObject = field(factory=dict)
    facts: JsonObject = field(factory=dict)

    def to_json(self) -> JsonObject:
        """Return the record so far, empty members left out."""
        whole: JsonObject = {
            "stage": str(self.stage),
            "action": self.action,
            "intent": self.intent,
            "object": object_json(self.ref, self.uid),
            "manager": self.manager,
            "own": self.own,
            "result": self.result,
            "facts": self.facts,
        }
        return without_empty(whole)


def object_json(ref: ObjectRef | None, uid: str = "") -> JsonObject:
    """Return which object a record is about; empty when it is about none."""
    if ref is None:
        return {}
    named: JsonObject = {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "uid": uid,
    }
    return without_empty(named)


def without_empty(values: JsonObject) -> JsonObject:
    """Leave out what says nothing."""
    return {key: value for key, value in values.items() if value not in ("", {}, [], None, False)}
