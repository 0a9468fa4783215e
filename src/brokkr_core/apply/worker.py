"""The turn of one object: written, or left alone because it is as wanted. Runs in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve, field, frozen

from brokkr_core.apply.difference.paths import changed_paths
from brokkr_core.apply.identity import terminating, uid
from brokkr_core.apply.outcomes import failure, not_begun
from brokkr_core.apply.pace import Pace
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.preflight.forecast import Forecast
from brokkr_core.apply.preflight.memory import Memory
from brokkr_core.apply.recorder import Recorder
from brokkr_core.apply.write import Written, write, write_anew
from brokkr_core.errors import BrokkrError, NotFoundError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action, Outcome

#: A kind is served by one API server of several up to 5 s later than by another (apiextensions
#: ``customresource_handler.go``), and a PATCH is not held back for it.
ARRIVAL_SECONDS = 10.0
ARRIVAL_POLL_SECONDS = 0.25


@frozen(kw_only=True)
class Step:
    """What a worker brings back: the outcome so far, and the object as it stands."""

    outcome: Outcome
    body: JsonObject = field(factory=dict, repr=False)  #: empty when it has to be read first
    ready: bool = False  #: known to be ready without another look


class Worker:
    """Carries out forecasts. Safe to call from several threads.

    Args:
        client: the cluster.
        policy: how to apply.
        recorder: keeps what is replaced.
        memory: learns what is as wanted.
        pace: how many requests may be under way at once.
        stop: asked between two requests.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        policy: ApplyPolicy,
        recorder: Recorder,
        memory: Memory,
        pace: Pace,
        stop: Callable[[], bool],
    ) -> None:
        self._client = client
        self._policy = policy
        self._recorder = recorder
        self._memory = memory
        self._pace = pace
        self._stop = stop

    def __call__(self, forecast: Forecast) -> Step:
        """Write one object; never raises, since what others of the run did has to be reported all the same."""
        started = time.monotonic()
        try:
            step = self._done(forecast) or self._written(forecast)
        except BrokkrError as error:
            step = Step(outcome=failure(forecast.manifest, error))
        except Exception as error:  # a recorder may raise anything; its text may hold anything and is not repeated
            step = Step(outcome=_unexpected(forecast.manifest, error))
        if not self._policy.wait:
            step = _unless_terminating(step)
        return evolve(step, outcome=evolve(step.outcome, seconds=time.monotonic() - started))

    def _done(self, forecast: Forecast) -> Step | None:
        """Leave alone what is known to be as wanted."""
        live = forecast.live
        if forecast.writes or live is None:
            return None
        manifest = forecast.manifest
        outcome = Outcome(ref=manifest.ref, action=Action.UNCHANGED, uid=uid(live), origin=manifest.origin)
        return Step(outcome=outcome, body=live if forecast.whole else {}, ready=forecast.ready)

    def _written(self, forecast: Forecast) -> Step:
        manifest = forecast.manifest
        with self._pace:
            if self._stop():
                return Step(outcome=not_begun(manifest.ref, origin=manifest.origin))
            written = self._patiently(forecast)
        body = written.applied.body
        action = Action.UNCHANGED
        changed: tuple[str, ...] = ()
        if forecast.action is Action.RECREATED:
            action, changed = Action.RECREATED, forecast.changed
        elif written.applied.created:
            action = Action.CREATED
        elif written.changed:
            action, changed = Action.CONFIGURED, changed_paths(written.before, body) if written.before else ()
        outcome = Outcome(
            ref=manifest.ref,
            action=action,
            changed=changed,
            conflicts=written.conflicts,
            uid=uid(body),
            origin=manifest.origin,
        )
        self._memory.remember(
            manifest.ref,
            manifest.body,
            body,
            manager=self._policy.manager,
            ready=False,
            terms=self._policy.terms if written.conflicts else "",
        )
        return Step(outcome=outcome, body=body)

    def _patiently(self, forecast: Forecast) -> Written:
        """Write; a kind or namespace that has just arrived may not be known to every API server yet."""
        give_up = time.monotonic() + ARRIVAL_SECONDS
        while True:
            try:
                return self._write(forecast)
            except NotFoundError:
                if not forecast.arriving or self._stop() or time.monotonic() > give_up:
                    raise
            self._pace.rest(ARRIVAL_POLL_SECONDS)

    def _write(self, forecast: Forecast) -> Written:
        live = forecast.live
        if forecast.action is Action.RECREATED and live is not None:
            return write_anew(
                self._client,
                forecast.manifest,
                live=live,
                policy=self._policy,
                recorder=self._recorder,
                on_repeat=self._pace.hear,
                stop=self._stop,
                sleep=self._pace.rest,
            )
        return write(
            self._client,
            forecast.manifest,
            live=live,
            policy=self._policy,
            recorder=self._recorder,
            on_repeat=self._pace.hear,
        )


def _unexpected(manifest: Manifest, error: Exception) -> Outcome:
    name = type(error).__name__
    message = f"{name} where none was expected: a recorder failed, or this is a bug of brokkr's"
    return Outcome(ref=manifest.ref, action=Action.FAILED, code=name, message=message, origin=manifest.origin)


def _unless_terminating(step: Step) -> Step:
    """What is applied to an object that is being deleted goes with it; who waits sees that for himself."""
    if not step.outcome.ok or not terminating(step.body):
        return step
    message = "it is being deleted, and what was applied goes with it; apply again when it is gone"
    return evolve(step, outcome=evolve(step.outcome, action=Action.FAILED, code="Terminating", message=message))
