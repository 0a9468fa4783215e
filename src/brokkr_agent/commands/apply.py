"""``brokkr-agent apply`` and ``plan``: the engine without a broker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click
from attrs import frozen

from brokkr_agent.commands.offline import BuiltinKinds
from brokkr_agent.commands.options import (
    allow_option,
    cluster_options,
    conflict_options,
    output_option,
    source_options,
    timeout_option,
)
from brokkr_agent.commands.show import show_plan, show_report
from brokkr_agent.commands.sources import read_sources
from brokkr_agent.progress import Progress
from brokkr_agent.stop import Stop
from brokkr_core.apply import (
    ALL,
    ApplyPolicy,
    ConflictRule,
    Conflicts,
    apply_plan,
    parse_allowed,
    preview_plan,
    resolve,
)
from brokkr_core.errors import UsageError
from brokkr_core.kube import KubeClient, connect
from brokkr_core.model.events import Observer, PlanMade, RunFinished, silent
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Report
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.ordering import order

#: What ``--atomic`` allows by default: whatever can be put back without loss of identity.
ALL_BACK = frozenset({Reversibility.EXACT, Reversibility.VALUE_ONLY})


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
    atomic: bool = False
    stack: str | None = None
    force_conflicts: bool = False
    conflict: tuple[str, ...] = ()
    recreate: bool = False
    allow: tuple[str, ...] = ()
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
            allow=parse_allowed(*self.allow) if self.allow else ALL_BACK if self.atomic else ALL,
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
@click.option("--atomic", is_flag=True, help="Put everything back when anything fails, and prove it.")
@conflict_options
@allow_option
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until every object is ready.")
@timeout_option
@output_option
def apply_command(**given: Any) -> None:
    """Apply manifests in dependency order and wait until they are ready."""
    wanted = Wanted(**given)
    if wanted.prune != bool(wanted.stack):
        raise UsageError("--prune and --stack belong together: the stack's name says what the earlier applies had")
    if wanted.atomic and not wanted.wait:
        raise UsageError("--atomic needs --wait: what nobody waits for cannot be seen to fail")
    manifests = read_sources(wanted.filename, recursive=wanted.recursive)
    if wanted.dry_run == "client":
        _order_only(manifests, wanted)
        return
    stop = Stop()
    stop.on_signals()
    # What is put back after a stop has to be patient; without a rollback a stop ends every wait.
    sleep = time.sleep if wanted.atomic else stop.wait
    with connect(wanted.kubeconfig, context=wanted.context, sleep=sleep) as client:
        show_report(_run_of(wanted)(client, manifests, wanted, stop), wanted.output, atomic=wanted.atomic)


@click.command("plan")
@source_options
@cluster_options
@click.option("--stack", help="Compare with what an earlier apply of this stack left, and show what would be deleted.")
@conflict_options
@allow_option
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
    if wanted.atomic:
        from brokkr_agent.commands.atomic import apply_whole  # noqa: PLC0415 - others start sooner without it

        report = apply_whole(client, plan, policy=wanted.policy, observer=wanted.observer, stop=stop)
    else:
        report = apply_plan(client, plan, policy=wanted.policy, observer=wanted.observer, stop=stop)
    wanted.observer(RunFinished(report=report))
    return report


def _apply_stack(client: KubeClient, manifests: tuple[Manifest, ...], wanted: Wanted, stop: Stop) -> Report:
    """Apply as the agent would, inventory and prune included; put a failed run back only where that was asked for."""
    from brokkr_agent.commands.by_hand import ByHand, stack_rules  # noqa: PLC0415 - only for stacks
    from brokkr_core.rollback import UndoPolicy  # noqa: PLC0415

    by_hand = ByHand(
        client=client,
        stack=wanted.stack or "",
        namespace=wanted.namespace or client.namespace,
        rules=stack_rules(wanted.policy, UndoPolicy(), atomic=wanted.atomic),
        observer=wanted.observer,
    )
    revision = by_hand.revision(manifests)
    return by_hand.preview(revision) if wanted.dry_run == "server" else by_hand.run(revision, stop=stop)
