"""A stack that is deployed by hand: the agent's engine, under an owner of its own and without a broker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from attrs import frozen

from brokkr_agent.commands.hold import hold
from brokkr_agent.commands.options import OWNER
from brokkr_agent.reconcile import Deployment, Revision
from brokkr_agent.recovery import Recovery
from brokkr_agent.rules import AfterCrash, Rollback, Rules
from brokkr_agent.target import Target
from brokkr_core.apply import ApplyPolicy, InventoryStore, PrunePolicy, StackKey
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Observer
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Report
from brokkr_core.model.wire import Stamp
from brokkr_core.rollback import SecretStore, UndoPolicy


def stack_rules(policy: ApplyPolicy, undo: UndoPolicy, *, atomic: bool) -> Rules:
    """Return what a stack by hand may do: a failed run is put back only when that was asked for.

    What is applied is kept in any case, so that one can return to it.
    """
    return Rules(
        apply=policy,
        prune=PrunePolicy(),
        undo=undo,
        rollback=Rollback.BUNDLE if atomic else Rollback.REPORT,
        after_crash=AfterCrash.ROLLBACK if atomic else AfterCrash.RESUME,
        undo_when_stopped=atomic,
        keep_revisions=True,
    )


@frozen(kw_only=True)
class ByHand:
    """One stack of this owner on one cluster."""

    client: KubeClient
    stack: str
    namespace: str  #: for namespaced objects that name none
    rules: Rules
    observer: Observer

    @property
    def key(self) -> StackKey:
        """The inventory's key."""
        return StackKey(stack_id=self.stack, owner_id=OWNER)

    @property
    def journals(self) -> SecretStore:
        """Where the runs of all stacks of this owner are recorded: beside their inventories."""
        return SecretStore(self.client, namespace=self.client.namespace, owner_id=OWNER)

    def run(self, revision: Revision, *, stop: Callable[[], bool]) -> Report:
        """Bring the stack to a revision; what an earlier command left in the middle is seen to first.

        Raises:
            UsageError: another command works on the stack.
            Everything that ``Deployment.run`` and ``Recovery`` raise.
        """
        with hold(self.client, self.key, what=f"stack {self.stack}", stop=stop) as halted:
            target = self._target()
            Recovery(target, self.rules, observe=lambda _stack_id: self.observer).of(self.key)
            return Deployment(target, self.rules, observer=self.observer, stop=halted).run(revision)

    def preview(self, revision: Revision) -> Report:
        """Let the server say what ``run`` would do; every look is a fresh one."""
        return Deployment(self._target(), self.rules).preview(revision)

    def revision(self, manifests: Sequence[Manifest]) -> Revision:
        """Make the revision with these objects; its id is the digest of what is in them."""
        bodies = json.dumps([manifest.body for manifest in manifests], sort_keys=True).encode()
        checksum = hashlib.sha256(bodies).hexdigest()
        stamp = Stamp(stack_id=self.stack, checksum=checksum, deployment_object_id=checksum[:32], owner_id=OWNER)
        return Revision(stamp=stamp, manifests=tuple(manifests))

    def _target(self) -> Target:
        store = InventoryStore(self.client, namespace=self.client.namespace)
        return Target(client=self.client, store=store, namespace=self.namespace, journals=self.journals)
