"""``brokkr-agent apply`` and ``plan``: the engine without a broker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import click
from attrs import frozen

from brokkr_agent.commands.offline import BuiltinKinds
from brokkr_agent.commands.options import cluster_options, conflict_options, output_option, source_options
from brokkr_agent.commands.show import show_plan, show_report
from brokkr_agent.commands.sources import read_sources
from brokkr_agent.progress import Progress
from brokkr_agent.stop import Stop
from brokkr_core.apply import (
    ApplyPolicy,
    ConflictRule,
    Conflicts,
    InventoryStore,
    PrunePolicy,
    apply_plan,
    preview_plan,
    resolve,
)
from brokkr_core.errors import UsageError
from brokkr_core.kube import KubeClient, connect
from brokkr_core.model.events import Observer, PlanMade, RunFinished, silent
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Report
from brokkr_core.model.wire import Stamp
from brokkr_core.ordering import order

#: Owner of what is applied by hand with ``--stack``; agents use their own id, so neither prunes the other's.
OWNER = "brokkr-cli"


@frozen(kw_only=True)
class Wanted:
    """What the command line asks for, one field per option."""

    filename: tuple[str, ...]
    recursive: bool
    kubeconfig: str | None
    context: str | None
    namespace: str | None
    output: str
    dry_run: str = "none"
    prune: bool = False
    stack: str | None = None
    force_conflicts: bool = False
    conflict: tuple[str, ...] = ()
    recreate: bool = False
    wait: bool = True
    timeout: float = 300.0
    offline: bool = False

    @property
    def policy(self) -> ApplyPolicy:
        """How to apply."""
        conflicts = Conflicts.TAKE if self.force_conflicts else Conflicts.FAIL
        return ApplyPolicy(
            conflicts=conflicts,
            conflict_rules=tuple(map(ConflictRule.parse, self.conflict)),
            recreate=self.recreate,
            wait=self.wait,
            ready_timeout_seconds=self.timeout,
        )

    @property
    def observer(self) -> Observer:
        """Who is told of the run: nobody when the output is for a program."""
        return silent if self.output == "json" else Progress(click.echo)


@click.command("apply")
@source_options
@cluster_options
@click.option("--dry-run", type=click.Choice(["none", "client", "server"]), default="none", show_default=True)
@click.option("--prune", is_flag=True, help="Delete what an earlier apply of --stack had and this one lacks.")
@click.option("--stack", help="Name of the set of objects; needed to prune.")
@conflict_options
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until every object is ready.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds an object may take to get ready.",
)
@output_option
def apply_command(**given: Any) -> None:
    """Apply manifests in dependency order and wait until they are ready."""
    wanted = Wanted(**given)
    if wanted.prune != bool(wanted.stack):
        raise UsageError("--prune and --stack belong together: the stack's name says what the earlier applies had")
    manifests = read_sources(wanted.filename, recursive=wanted.recursive)
    if wanted.dry_run == "client":
        _order_only(manifests, wanted)
        return
    stop = Stop()
    stop.on_signals()
    with connect(wanted.kubeconfig, context=wanted.context, sleep=stop.wait) as client:
        show_report(_run_of(wanted)(client, manifests, wanted, stop), wanted.output)


@click.command("plan")
@source_options
@cluster_options
@click.option("--stack", help="Compare with what an earlier apply of this stack left, and show what would be deleted.")
@conflict_options
@click.option("--offline", is_flag=True, help="Order only; ask no cluster what would change.")
@output_option
def plan_command(**given: Any) -> None:
    """Show in which order manifests would be applied, and what would change."""
    wanted = Wanted(**given, dry_run="server")
    manifests = read_sources(wanted.filename, recursive=wanted.recursive)
    if wanted.offline:
        _order_only(manifests, wanted)
        return
    with connect(wanted.kubeconfig, context=wanted.context) as client:
        show_report(_run_of(wanted)(client, manifests, wanted, Stop()), wanted.output)


def _run_of(wanted: Wanted) -> Callable[[KubeClient, tuple[Manifest, ...], Wanted, Stop], Report]:
    return _apply_stack if wanted.stack else _apply_plain


def _order_only(manifests: tuple[Manifest, ...], wanted: Wanted) -> None:
    plan = order(resolve(manifests, BuiltinKinds(), namespace=wanted.namespace or "default"))
    show_plan(plan, wanted.output)


def _apply_plain(client: KubeClient, manifests: tuple[Manifest, ...], wanted: Wanted, stop: Stop) -> Report:
    plan = order(resolve(manifests, client.discovery, namespace=wanted.namespace or client.namespace))
    wanted.observer(PlanMade(plan=plan))
    if wanted.dry_run == "server":
        return preview_plan(client, plan, policy=wanted.policy)
    report = apply_plan(client, plan, policy=wanted.policy, observer=wanted.observer, stop=stop)
    wanted.observer(RunFinished(report=report))
    return report


def _apply_stack(client: KubeClient, manifests: tuple[Manifest, ...], wanted: Wanted, stop: Stop) -> Report:
    """Apply as the agent would, inventory and prune included, but leave a failed run as it stands."""
    from brokkr_agent.reconcile import Deployment, Revision  # noqa: PLC0415 - only for stacks
    from brokkr_agent.rules import Rollback, Rules  # noqa: PLC0415
    from brokkr_agent.target import Target  # noqa: PLC0415
    from brokkr_core.rollback import UndoPolicy  # noqa: PLC0415

    bodies = json.dumps([manifest.body for manifest in manifests], sort_keys=True).encode()
    checksum = hashlib.sha256(bodies).hexdigest()
    stamp = Stamp(stack_id=wanted.stack or "", checksum=checksum, deployment_object_id=checksum[:32], owner_id=OWNER)
    store = InventoryStore(client, namespace=client.namespace)
    target = Target(client=client, store=store, namespace=wanted.namespace or client.namespace)
    rules = Rules(apply=wanted.policy, prune=PrunePolicy(), undo=UndoPolicy(), rollback=Rollback.OFF)
    deployment = Deployment(target, rules, observer=wanted.observer, stop=stop)
    revision = Revision(stamp=stamp, manifests=manifests)
    return deployment.preview(revision) if wanted.dry_run == "server" else deployment.run(revision)
