"""Judge what was written and waits: by what was seen of it last, and by what only the cluster can tell."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.apply.readiness import Readiness, State, assess, gone
from brokkr_core.apply.readiness.household import Household
from brokkr_core.apply.readiness.policy import DEFAULT, ReadyPolicy
from brokkr_core.apply.readiness.subject import Backend
from brokkr_core.apply.waiting.facts import FactFinder, rests_on_others
from brokkr_core.apply.waiting.served import API_SERVICE, announced, answered, discovered
from brokkr_core.apply.waiting.sight import Sight, older
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import DEFINITION
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True)
class Waiting:
    """An object that was written and is not settled.

    Args:
        outcome: what became of it so far.
        body: the object as it was last seen; at first, the answer to our own write.
        written: the version that our own write made.
        since: when waiting began, in seconds of the monotonic clock.
        allowed: how many seconds it may take.
        deadline: when waiting ends; sooner than that for what an earlier run has left unready.
        echo_until: until when a failure in the answer to our own change may be of the time before it.
        sight: the last look at it, if there was one.
        said: what the observer heard last.
    """

    outcome: Outcome
    body: JsonObject = field(repr=False)
    written: str = ""
    since: float = 0.0
    allowed: float = 0.0
    deadline: float
    echo_until: float = 0.0
    sight: Sight | None = None
    said: str = ""


def see(one: Waiting, sight: Sight) -> Waiting:
    """Take in a look at an object.

    Args:
        one: what is known.
        sight: what was seen.

    Returns:
        What is known now. Old news change nothing: a watch may lag behind our own write, and the end of an object
        that stood there before ours is not the end of ours.
    """
    if sight.body is None:
        return evolve(one, sight=sight)
    if sight.gone and uid(sight.body) != one.outcome.uid:
        return one
    if older(sight.body, one.body):
        return one
    return evolve(one, sight=sight, body=sight.body)


class Judge:
    """Says how far an object is; asks the cluster only for what the object cannot tell.

    Args:
        client: the cluster.
        policy: what counts as ready where that is a matter of taste.
    """

    def __init__(self, client: KubeClient, policy: ReadyPolicy = DEFAULT) -> None:
        self._client = client
        self._policy = policy
        self._facts = FactFinder(client)

    def assess(
        self,
        ref: ObjectRef,
        body: JsonObject,
        *,
        now: datetime,
        household: Household | None = None,
        given: frozenset[Backend] = frozenset(),
    ) -> Readiness:
        """Judge a body by the rules alone.

        Args:
            ref: which object.
            body: the object as it was read.
            now: the cluster's time.
            household: what a workload has made, if somebody has looked.
            given: Services that are taken to answer without being asked.

        Returns:
            Its readiness.
        """
        facts = evolve(self._facts.of(ref, body, given=given), household=household)
        return assess(body, now=now, facts=facts, policy=self._policy)

    def surely_ready(self, ref: ObjectRef, body: JsonObject) -> bool:
        """Tell whether an object is ready without reservation, and stays so whatever else this run does."""
        if rests_on_others(ref, body):
            return False
        readiness = self.assess(ref, body, now=self._client.now())
        if readiness.state is State.READY and ref.group_kind == DEFINITION:
            readiness = discovered(self._client, body)
        return readiness.state is State.READY and not readiness.flagged

    def judge(self, ref: ObjectRef, one: Waiting, *, now: float, household: Household | None = None) -> Readiness:
        """Judge a waiting object.

        Args:
            ref: which object.
            one: what is known of it.
            now: seconds of the monotonic clock.
            household: what a workload has made, if somebody has looked.

        Returns:
            Its readiness. What could not be read is no verdict about an object: it is simply still in progress.
        """
        if one.sight is not None and one.sight.trouble is not None:
            return _not_read(one.sight.trouble)
        try:
            readiness = self._judge(ref, one, household)
        except BrokkrError as error:
            return _not_read(error)
        if readiness.state is State.FAILED and _may_be_an_echo(one, now):
            return evolve(readiness, state=State.IN_PROGRESS)
        return readiness

    def _judge(self, ref: ObjectRef, one: Waiting, household: Household | None) -> Readiness:
        if one.sight is not None and one.sight.gone:
            return gone(one.body)
        if not one.body:
            return Readiness(state=State.IN_PROGRESS, reason="NotRead", message="it has not been read yet")
        if uid(one.body) != one.outcome.uid:
            return Readiness(state=State.FAILED, reason="Replaced", message="somebody replaced it after it was applied")
        readiness = self.assess(ref, one.body, now=self._client.now(), household=household)
        if readiness.state is State.READY and ref.group_kind == DEFINITION:
            return answered(self._client, one.body)
        if readiness.state is State.READY and ref.group_kind == API_SERVICE:
            return announced(self._client, one.body)
        return readiness


def _not_read(trouble: BrokkrError) -> Readiness:
    return Readiness(state=State.IN_PROGRESS, reason="NotRead", message=f"could not be read: {trouble}")


def _may_be_an_echo(one: Waiting, now: float) -> bool:
    """The answer to our own write still holds the status of what it replaced; its controller gets a moment."""
    unmoved = one.sight is None or (not one.sight.gone and resource_version(one.body) == one.written)
    return one.outcome.action is Action.CONFIGURED and unmoved and now < one.echo_until
