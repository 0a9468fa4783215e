"""A stack whose process can die at any write, and the cluster as whoever comes after it finds it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from attrs import evolve, frozen

from brokkr_agent.reconcile import Deployment, Revision
from brokkr_agent.recovery import Recovery
from brokkr_agent.rules import AfterCrash, Rules
from brokkr_agent.target import Target
from brokkr_core.apply import InventoryStore, StackKey
from brokkr_core.errors import BrokkrError
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.json import JsonObject
from brokkr_core.model.outcome import Report
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import RetryPolicy
from brokkr_core.rollback import Recovered, SecretStore
from brokkr_core.rollback.journal import records_of, replay
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, Moment
from brokkr_core.testing.cluster.hooks import Hook
from engine_play import everything, whole, writes
from prune_support import RULES, STAMP

#: A process that dies does not try again.
_ONCE = RetryPolicy(attempts=1, base_seconds=0.0, cap_seconds=0.0)
#: Our own records: they say what was done, and are compared by what they say.
_RECORDS = ("brokkr-inventory-", "brokkr-journal-")


@frozen(kw_only=True)
class Seen:
    """Everything that is on the cluster: values, owners and identity of every object, and what the stack owns."""

    objects: dict[ObjectRef, JsonObject]
    owned: tuple[tuple[ObjectRef, str], ...]

    def values(self) -> dict[ObjectRef, JsonObject]:
        """The objects without their identity: what two runs on two clusters have in common."""
        return {ref: {key: value for key, value in body.items() if key != "uid"} for ref, body in self.objects.items()}


class Doomed:
    """A stack on a cluster of its own, whose agent dies and is started anew.

    Args:
        hooks: admission webhooks of the cluster.
    """

    def __init__(self, *, hooks: Sequence[Hook] = ()) -> None:
        self.cluster = EmbeddedCluster(hooks=hooks)
        self.client = KubeClient(self.cluster.transport())
        self.revisions = 0

    def target(self, client: KubeClient) -> Target:
        """What a process that has just started knows."""
        journals = SecretStore(client, namespace="default", owner_id=STAMP.owner_id)
        return Target(client=client, store=InventoryStore(client, namespace="default"), journals=journals)

    def revision(self, *documents: str) -> Revision:
        """Make the next revision; ids count up, so equal histories give equal annotations."""
        self.revisions += 1
        number = str(self.revisions)
        stamp = evolve(STAMP, checksum=f"sum-{number}", deployment_object_id=f"object-{number}")
        return Revision(stamp=stamp, manifests=parse_all("---\n".join(documents)).checked().manifests)

    def deploy(self, revision: Revision, *, rules: Rules = RULES, target: Target | None = None) -> Report:
        """Bring the stack to a revision, some seconds after whatever was before."""
        self.cluster.advance(5.0)
        return Deployment(target or self.target(self.client), rules).run(revision)

    def die(self, revision: Revision, *, write: int, moment: Moment, rules: Rules = RULES) -> bool:
        """Deploy with a process that dies at a write: from there on nothing it does reaches the cluster.

        Returns:
            Whether it got that far.
        """
        done = len(writes(self.cluster))
        self.die_of(FaultPlan.dying(write, moment), revision, rules=rules)
        return len(writes(self.cluster)) - done >= write

    def die_of(self, faults: FaultPlan, revision: Revision, *, rules: Rules = RULES) -> None:
        """Deploy with a process that goes on with what was left, and that dies of the faults unless they never come."""
        self.cluster.advance(5.0)
        self.cluster.break_with(faults)
        target = self.target(KubeClient(self.cluster.transport(), retry=_ONCE))
        target.unfinished.stacks.add(revision.key)
        with suppress(BrokkrError):  # what it would have reported, nobody hears
            Deployment(target, rules).run(revision)
        self.cluster.break_with(FaultPlan())
        self.cluster.revive()
        self.cluster.advance(5.0)

    def recover(self, after: AfterCrash) -> tuple[tuple[Recovered, ...], Target]:
        """Start anew and see to what was left; return what was done and the new process's target."""
        target = self.target(self.client)
        rules = evolve(RULES, after_crash=after)
        return Recovery(target, rules).of_all(_no_damage), target

    def seen(self) -> Seen:
        """Look at everything."""
        found = everything(
            self.client,
            whole,
        )
        key = StackKey(stack_id=STAMP.stack_id, owner_id=STAMP.owner_id)
        inventory = InventoryStore(self.client, namespace="default").load(key)
        owned = tuple((one.ref, one.uid) for one in inventory.entries) if inventory else ()
        return Seen(
            objects={ref: body for ref, body in found.items() if not ref.name.startswith(_RECORDS)}, owned=owned
        )

    def committed(self, revision: Revision) -> bool:
        """Whether a run to this revision was over but for its prune, when its process ended."""
        store = self.target(self.client).journals
        told = [replay(records_of(store, one.name)) for one in store.found()]
        wanted = revision.stamp.deployment_object_id
        return any(one is not None and one.committed and one.header.revision == wanted for one in told)

    def open_journals(self) -> list[str]:
        """The journals that nobody has ended."""
        return [one.name for one in self.target(self.client).journals.found() if not one.ended]


def _no_damage(name: str, error: Exception) -> None:
    raise AssertionError(f"journal {name} is damaged: {error}")
