"""Before the first write: look at what stands there, and let the server compute what is not proven unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from brokkr_core.apply.conflicts.send import Sent, send
from brokkr_core.apply.difference.paths import changed_paths, ownership
from brokkr_core.apply.identity import resource_version
from brokkr_core.apply.outcomes import failure
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.checks import definitions_of, misfit, too_large
from brokkr_core.apply.preflight.forecast import Coming, Forecast
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.preflight.observe import Seen, observe
from brokkr_core.apply.recreate import may_recreate, probe
from brokkr_core.apply.reversibility.gate import gated
from brokkr_core.apply.waiting.judge import Judge
from brokkr_core.errors import ApiError, BadRequestError, BrokkrError, InvalidError, NetworkError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import DEFINITION, NAMESPACE
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.threads import Pool


def preflight(
    client: KubeClient,
    plan: Plan,
    policy: ApplyPolicy,
    *,
    memory: Memory | None = None,
    pace: Pace | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[ObjectRef, Forecast]:
    """Forecast a whole plan: one look at each collection, and a dry-run on the server of what is not proven unchanged.

    Namespaces and CustomResourceDefinitions come first: what they bring decides what else can be asked about.

    Args:
        client: the cluster.
        plan: resolved manifests in order.
        policy: manager, conflict rules and number of workers.
        memory: what earlier runs against this cluster left; makes the look shorter, never different.
        pace: how many requests may be under way at once.
        stop: asked before every object.

    Returns:
        One forecast per object; refusals are values in it, so that one run reports everything that is wrong.

    Raises:
        StoppedError: a stop was asked for.
        ClusterUnreachableError: the cluster went away.
    """
    scout = _Scout(client, policy, Memory() if memory is None else memory, pace or Pace(most=policy.workers), stop)
    with Pool(policy.workers, thread_name_prefix="preflight") as pool:
        return scout.run(plan, pool)


class _Scout:
    """Makes the forecasts of one run."""

    def __init__(
        self, client: KubeClient, policy: ApplyPolicy, memory: Memory, pace: Pace, stop: Callable[[], bool]
    ) -> None:
        self._client = client
        self._policy = policy
        self._memory = memory
        self._pace = pace
        self._stop = stop
        self._judge = Judge(client, policy.ready)
        self._definitions: dict[GroupKind, JsonObject] = {}

    def run(self, plan: Plan, pool: Pool) -> dict[ObjectRef, Forecast]:
        self._definitions = definitions_of(plan.manifests)
        seen = observe(
            self._client,
            plan.manifests,
            manager=self._policy.manager,
            terms=self._policy.terms,
            memory=self._memory,
            pool=pool,
            pace=self._pace,
            stop=self._stop,
        )

        def ask(manifests: Iterable[Manifest], coming: Coming) -> dict[ObjectRef, Forecast]:
            found = pool.map(lambda manifest: self._gated(manifest, seen[manifest.ref], coming), manifests)
            return {forecast.manifest.ref: forecast for forecast in found}

        first = [m for m in plan.manifests if m.ref.group_kind in (NAMESPACE, DEFINITION)]
        rest = [m for m in plan.manifests if m.ref.group_kind not in (NAMESPACE, DEFINITION)]
        forecasts = ask(first, Coming())
        return forecasts | ask(rest, Coming.of(forecasts.values()))

    def _gated(self, manifest: Manifest, seen: Seen, coming: Coming) -> Forecast:
        return gated(self._forecast(manifest, seen, coming), self._policy)

    def _forecast(self, manifest: Manifest, seen: Seen, coming: Coming) -> Forecast:
        if self._stop():
            raise StoppedError("stopped before the first write")
        try:
            if seen.error is not None:
                raise seen.error
            if seen.proven and seen.body is not None and not coming.holds(manifest.ref):
                return self._unchanged(manifest, seen.body, whole=seen.whole)
            return self._ask(manifest, seen, coming)
        except (NetworkError, StoppedError):
            raise
        except BrokkrError as error:
            return _refused(manifest, failure(manifest, error))

    def _unchanged(self, manifest: Manifest, live: JsonObject, *, whole: bool, terms: str = "") -> Forecast:
        """Forecast what is proven, and remember it."""
        memo = self._memory.recall(manifest.ref)
        if whole:
            ready = self._judge.surely_ready(manifest.ref, live)
            manager = self._policy.manager
            self._memory.remember(manifest.ref, manifest.body, live, manager=manager, ready=ready, terms=terms)
        else:
            ready = memo is not None and memo.ready
        return Forecast(manifest=manifest, action=Action.UNCHANGED, live=live, whole=whole, ready=ready)

    def _ask(self, manifest: Manifest, seen: Seen, coming: Coming) -> Forecast:
        """Let the server compute the result of an apply; what it cannot be asked yet is checked here."""
        ref = manifest.ref
        large = too_large(manifest)
        if large is not None:
            return _refused(manifest, large)
        live = seen.body if seen.whole else self._client.find(ref)
        guess = Action.CREATED if live is None else Action.CONFIGURED
        arriving = coming.holds(ref)
        if arriving or self._client.discovery.find(ref.group, ref.version, ref.kind) is None:
            unfit = misfit(manifest, self._definitions, new=live is None)
            if unfit is not None:
                return _refused(manifest, unfit)
            return Forecast(manifest=manifest, action=guess, checked=False, arriving=True, live=live)
        try:
            with self._pace:
                sent = send(
                    self._client, manifest.body, ref, policy=self._policy, dry_run=True, on_repeat=self._pace.hear
                )
        except BadRequestError as error:
            if "dry run" not in error.message:
                raise
            # A webhook with side effects: the server refuses to dry-run (KEP-576), which says nothing about the object.
            return Forecast(manifest=manifest, action=guess, checked=False, live=live)
        except InvalidError as error:
            return self._anew(manifest, live, error)
        return self._compared(manifest, live, sent)

    def _anew(self, manifest: Manifest, live: JsonObject | None, error: ApiError) -> Forecast:
        if not may_recreate(manifest, live, error, self._policy):
            raise error
        probe(self._client, manifest, self._policy)
        changed = tuple(cause.field for cause in error.causes)
        return Forecast(manifest=manifest, action=Action.RECREATED, changed=changed, live=live)

    def _compared(self, manifest: Manifest, live: JsonObject | None, sent: Sent) -> Forecast:
        would = sent.applied.body
        if live is None:
            return Forecast(manifest=manifest, action=Action.CREATED, conflicts=sent.conflicts)
        changed = changed_paths(live, would)
        # A dry run never shows a new version, and an apply that only makes us an owner changes no value.
        if resource_version(would) == resource_version(live) and not changed and ownership(would) == ownership(live):
            return self._unchanged(manifest, live, whole=True, terms=self._policy.terms if sent.conflicts else "")
        return Forecast(
            manifest=manifest,
            action=Action.CONFIGURED,
            changed=changed,
            conflicts=sent.conflicts,
            live=live,
            would=would,
        )


def _refused(manifest: Manifest, outcome: Outcome) -> Forecast:
    return Forecast(manifest=manifest, action=outcome.action, refusal=outcome)
