"""The names that brokkr agents leave on a cluster (contract 11.1, 19): change one and takeover breaks."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

STACK = "k8s.brokkr.io/stack"
CHECKSUM = "k8s.brokkr.io/deployment-checksum"
LAST_CONFIG = "k8s.brokkr.io/last-config-applied"
DEPLOYMENT_OBJECT = "brokkr.io/deployment-object-id"
OWNER = "brokkr.io/owner-id"

#: Field manager of everything applied for a stack; another name would leave fields co-owned on takeover.
MANAGER = "brokkr-controller"

#: Field manager of everything applied for a work order.
ORDER_MANAGER = "brokkr-agent"
#: Labels of a BuildRun: the work order it was made for, and the Build it runs.
WORK_ORDER = "brokkr.io/work-order-id"
BUILD = "shipwright.io/build"

#: ``true``, exactly, on a pod: its logs are told to the broker (contract 12.5).
STREAM_LOGS = "brokkr.io/stream-logs"

#: Ours, not upstream's: ``disabled`` keeps an object when it leaves its stack.
PRUNE = "brokkr.io/prune"
#: Ours: ``enabled`` lets an object be deleted and created anew when a field that cannot change has to; ``disabled``
#: forbids it whatever the policy says.
RECREATE = "brokkr.io/recreate"
#: Ours: an integer; a lower wave is applied and ready before a higher one.
WAVE = "brokkr.io/wave"
#: cli-utils' grammar: ``group/kind/name`` or ``group/namespaces/ns/kind/name``, comma separated.
DEPENDS_ON = "config.kubernetes.io/depends-on"
#: Ours: ``true`` says that running the object again, or having run it in vain, does no harm; ``false`` says of any
#: object that applying it does something that deleting it does not undo.
IDEMPOTENT = "brokkr.io/idempotent"
#: Ours: when a Job or a Pod counts as ready, if not by the rule of its kind.
READY_WHEN = "brokkr.io/ready-when"


class ReadyWhen(StrEnum):
    """The values of ``brokkr.io/ready-when``; any other one changes nothing."""

    STARTED = "started"  #: a Job, as soon as it has started
    ENDED = "ended"  #: a Pod that runs once, when it has ended, well or not


@frozen(kw_only=True)
class Stamp:
    """Whose an object is: the five annotations of contract 11.1."""

    stack_id: str
    checksum: str
    deployment_object_id: str
    owner_id: str

    def annotations(self) -> dict[str, str]:
        """Return the annotations to put on every object of the stack."""
        return {
            STACK: self.stack_id,
            CHECKSUM: self.checksum,
            DEPLOYMENT_OBJECT: self.deployment_object_id,
            LAST_CONFIG: self.checksum,
            OWNER: self.owner_id,
        }


#: The keys of a stamp: they move with every revision and say nothing about the object itself.
STAMP_KEYS = frozenset({STACK, CHECKSUM, LAST_CONFIG, DEPLOYMENT_OBJECT, OWNER})
