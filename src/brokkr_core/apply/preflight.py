"""Before the first write: read what stands there and let the server compute what each apply would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from attrs import field, frozen

from brokkr_core.apply.changes import changes
from brokkr_core.apply.diff import changed_paths
from brokkr_core.apply.outcomes import failure
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.resolve import CRD, bundle_definitions
from brokkr_core.apply.sealing import Sealer
from brokkr_core.apply.write import resource_version
from brokkr_core.errors import BadRequestError, BrokkrError, NetworkError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.change import Change
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import GroupKind, ObjectRef

NAMESPACE = GroupKind(group="", kind="Namespace")


@frozen(kw_only=True)
class Forecast:
    """What an apply would do to one object. ``checked`` tells whether the server computed it."""

    manifest: Manifest
    action: Action
    checked: bool = True
    changed: tuple[str, ...] = ()
    live: JsonObject | None = field(default=None, repr=False)
    would: JsonObject | None = field(default=None, repr=False)  #: what the server says a changed object would be
    refusal: Outcome | None = None

    def outcome(self, sealer: Sealer | None = None) -> Outcome:
        """Return the forecast as the outcome of a dry run, with its field diff when there is a sealer for it."""
        if self.refusal is not None:
            return self.refusal
        note = "" if self.checked else "its namespace or kind comes with this bundle; the server was not asked"
        return Outcome(
            ref=self.manifest.ref,
            action=self.action,
            changed=self.changed,
            changes=self._changes(sealer) if sealer else (),
            message=note,
            origin=self.manifest.origin,
        )

    def _changes(self, sealer: Sealer) -> tuple[Change, ...]:
        if self.action is Action.CREATED:
            return changes(None, self.manifest.body, sealer)
        return changes(self.live, self.would, sealer) if self.would is not None else ()


@frozen(kw_only=True)
class Coming:
    """What the bundle itself brings, so that the server cannot be asked about objects that need it yet."""

    namespaces: frozenset[str]
    kinds: frozenset[GroupKind]

    def holds(self, ref: ObjectRef) -> bool:
        """Whether an object lives in a coming namespace or is of a coming or changing kind."""
        return ref.namespace in self.namespaces or ref.group_kind in self.kinds


NOTHING_COMING = Coming(namespaces=frozenset(), kinds=frozenset())


def preflight(
    client: KubeClient, plan: Plan, policy: ApplyPolicy, *, stop: Callable[[], bool] = lambda: False
) -> dict[ObjectRef, Forecast]:
    """Dry-run a whole plan on the server.

    Namespaces and CustomResourceDefinitions come first: what they bring decides what else can be asked about.

    Args:
        client: the cluster.
        plan: resolved manifests in order.
        policy: manager, conflict rule and number of workers.
        stop: asked before every object.

    Returns:
        One forecast per object; refusals are values in it, so that one run reports everything that is wrong.

    Raises:
        StoppedError: a stop was asked for.
        ClusterUnreachableError: the cluster went away.
    """
    first = [m for m in plan.manifests if m.ref.group_kind in (NAMESPACE, CRD)]
    rest = [m for m in plan.manifests if m.ref.group_kind not in (NAMESPACE, CRD)]
    with ThreadPoolExecutor(policy.workers, thread_name_prefix="preflight") as pool:

        def look(manifests: Iterable[Manifest], coming: Coming) -> dict[ObjectRef, Forecast]:
            found = pool.map(lambda manifest: _forecast(client, manifest, policy, coming, stop), manifests)
            return {forecast.manifest.ref: forecast for forecast in found}

        forecasts = look(first, NOTHING_COMING)
        return forecasts | look(rest, _coming(forecasts.values()))


def _coming(forecasts: Iterable[Forecast]) -> Coming:
    moving = [one.manifest for one in forecasts if one.action is not Action.UNCHANGED]
    new = [one.manifest.ref.name for one in forecasts if one.action is Action.CREATED]
    spaces = {m.ref.name for m in moving if m.ref.group_kind == NAMESPACE and m.ref.name in new}
    return Coming(namespaces=frozenset(spaces), kinds=frozenset(bundle_definitions(moving)))


def _forecast(
    client: KubeClient, manifest: Manifest, policy: ApplyPolicy, coming: Coming, stop: Callable[[], bool]
) -> Forecast:
    if stop():
        raise StoppedError("stopped before the first write")
    try:
        return _ask(client, manifest, policy, coming)
    except (NetworkError, StoppedError):
        raise
    except BrokkrError as error:
        outcome = failure(manifest, error)
        return Forecast(manifest=manifest, action=outcome.action, refusal=outcome)


def _ask(client: KubeClient, manifest: Manifest, policy: ApplyPolicy, coming: Coming) -> Forecast:
    ref = manifest.ref
    served = client.discovery.find(ref.group, ref.version, ref.kind) is not None
    live = client.find(ref) if served else None
    if coming.holds(ref) or not served:
        action = Action.CREATED if live is None else Action.CONFIGURED
        return Forecast(manifest=manifest, action=action, checked=False, live=live)
    try:
        would = client.apply(manifest.body, ref, manager=policy.manager, force=policy.force, dry_run=True).body
    except BadRequestError as error:
        if "dry run" not in error.message:
            raise
        # A webhook with side effects: the server refuses to dry-run (KEP-576), which says nothing about the object.
        return Forecast(manifest=manifest, action=_guess(live), checked=False, live=live)
    if live is None:
        return Forecast(manifest=manifest, action=Action.CREATED)
    if resource_version(would) == resource_version(live) and not changed_paths(live, would):
        return Forecast(manifest=manifest, action=Action.UNCHANGED, live=live)
    return Forecast(
        manifest=manifest, action=Action.CONFIGURED, changed=changed_paths(live, would), live=live, would=would
    )


def _guess(live: JsonObject | None) -> Action:
    return Action.CREATED if live is None else Action.CONFIGURED
