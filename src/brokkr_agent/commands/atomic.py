"""``apply --atomic`` without a stack: everything or nothing, recorded in the cluster, and seen to after a crash."""

from __future__ import annotations

from collections.abc import Callable

from brokkr_agent.commands.hold import hold
from brokkr_agent.commands.options import OWNER
from brokkr_core.apply import ApplyPolicy, StackKey
from brokkr_core.kube import KubeClient
from brokkr_core.model.events import Observer, RollbackFinished
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.rollback import Header, SecretStore, apply_atomically, recover
from brokkr_core.rollback.journal import plan_digest, tidy

#: The runs of all applies without a stack have one name in common; one is at work at a time.
_NOBODYS = StackKey(stack_id="", owner_id=OWNER)
_KEPT = 3


def apply_whole(
    client: KubeClient, plan: Plan, *, policy: ApplyPolicy, observer: Observer, stop: Callable[[], bool]
) -> Report:
    """Apply a plan as a whole; what an earlier command left in the middle is put back first.

    Raises:
        UsageError: another such command is at work.
        Everything that ``apply_atomically`` and ``recover`` raise.
    """
    store = SecretStore(client, namespace=client.namespace, owner_id=OWNER)
    digest = plan_digest(plan, "")
    header = Header(
        stack_id=_NOBODYS.stack_id,
        owner_id=OWNER,
        revision=digest[:32],
        plan_digest=digest,
        manager=policy.manager,
    )
    with hold(client, _NOBODYS, what="apply --atomic without --stack", stop=stop) as halted:
        for one in recover(client, store, prefix=_NOBODYS.digest):
            if one.undone is not None:
                observer(RollbackFinished(verdict=one.undone.verdict, lines=one.undone.lines))
        report = apply_atomically(
            client, plan, store=store, header=header, policy=policy, observer=observer, stop=halted
        )
        tidy(store, prefix=_NOBODYS.digest, keep=_KEPT)
        return report
