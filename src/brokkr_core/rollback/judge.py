"""Read everything again and judge it: what was compared, what was kept, what kept a restore from working."""

from __future__ import annotations

from attrs import evolve, field, frozen

from brokkr_core.apply.readiness import State, assess
from brokkr_core.apply.waiting.facts import FactFinder
from brokkr_core.errors import BrokkrError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import JOB
from brokkr_core.model.ref import ObjectRef
from brokkr_core.rollback.attempt import Attempt
from brokkr_core.rollback.look import look
from brokkr_core.rollback.merge import three_way
from brokkr_core.rollback.verdict import NOT_BACK, Finding, ObjectState
from brokkr_core.rollback.verify import unread, verify

#: States that claim the object works as it did before, as far as it is ours.
_VALUES_BACK = frozenset(
    {
        ObjectState.RESTORED_EXACT,
        ObjectState.RESTORED_VALUES_ONLY,
        ObjectState.RESTORED_NEW_IDENTITY,
        ObjectState.FOREIGN_ONLY,
    }
)


@frozen(kw_only=True)
class Look:
    """What one look found. What could not be read is missing in ``bodies``; None means that nothing stands there."""

    findings: tuple[Finding, ...]
    bodies: dict[ObjectRef, JsonObject | None] = field(repr=False)

    @property
    def may_settle(self) -> bool:
        """Whether waiting can still improve it: deletions under way, workloads still rolling back, no answer."""
        return any(map(_may_settle, self.findings))


class Judge:
    """Looks at what was put back, with reads of its own.

    Args:
        client: the cluster.
        manager: the field manager the run applied with.
    """

    def __init__(self, client: KubeClient, *, manager: str) -> None:
        self._client = client
        self._manager = manager
        self._facts = FactFinder(client)

    def look(self, attempts: tuple[Attempt, ...]) -> Look:
        """Read every object and compare it with the record.

        Args:
            attempts: what the restore did.

        Returns:
            One finding per attempt, in their order, and what they rest on.
        """
        bodies: dict[ObjectRef, JsonObject | None] = {}
        for attempt in attempts:
            try:
                bodies[attempt.entry.ref] = look(self._client, attempt.entry)
            except BrokkrError:
                continue  # what cannot be read is named as such below
        missing = {finding.ref: finding for finding in unread(tuple(one.entry for one in attempts), bodies)}
        findings = (missing.get(one.entry.ref) or self._finding(one, bodies[one.entry.ref]) for one in attempts)
        return Look(findings=tuple(findings), bodies=bodies)

    def _finding(self, attempt: Attempt, live: JsonObject | None) -> Finding:
        entry = attempt.entry
        found = verify(entry, live, contested=_contested(attempt, live), manager=self._manager)
        if found.state in _VALUES_BACK and entry.before is not None and live is not None:
            found = self._health(found, entry.before, live)
        if found.state in NOT_BACK:
            return _explained(found, attempt)
        if found.state is ObjectState.GONE_BY_OTHER and entry.ref.group_kind == JOB and live is None:
            return evolve(found, note="it is over and was removed, perhaps after its time to live")
        notes = [found.note, attempt.problem] if found.state is not ObjectState.DELETED_CREATED else [found.note]
        if attempt.taken:
            notes.append(f"taken back from somebody who had written since: {', '.join(attempt.taken)}")
        return evolve(found, note="; ".join(note for note in notes if note))

    def _health(self, found: Finding, before: JsonObject, live: JsonObject) -> Finding:
        """An object that was ready before has to be ready again (P9)."""
        clock = self._client.now()
        then = assess(before, now=clock, facts=self._facts.of(found.ref, before))
        now = assess(live, now=clock, facts=self._facts.of(found.ref, live))
        healthy = now.state is State.READY or then.state is not State.READY
        found = evolve(found, predicates=evolve(found.predicates, health=healthy))
        if healthy:
            return found
        note = f"values are back, but it is not as healthy as before: {now}"
        return evolve(found, state=ObjectState.NOT_RESTORED, paths=(), note=note)


def _contested(attempt: Attempt, live: JsonObject | None) -> tuple[str, ...]:
    """The paths of ours that somebody else has, by now: written before the restore, or again after it."""
    entry = attempt.entry
    if attempt.kept or live is None or entry.before is None or entry.after is None or entry.deleted:
        return ()
    return tuple(sorted({*attempt.contested, *three_way(entry.before, entry.after, live).contested}))


def _explained(found: Finding, attempt: Attempt) -> Finding:
    """Say why an object is not back: kept on purpose, left to somebody else, or refused."""
    if found.predicates.health is False:
        return evolve(found, note="; ".join(note for note in (found.note, attempt.problem) if note))
    if attempt.kept:
        state = ObjectState.CONTESTED if attempt.contested else ObjectState.RETAINED_GUARDED
        return evolve(found, state=state, paths=attempt.contested, note=attempt.kept)
    if attempt.problem:
        known = attempt.blocked is not ObjectState.NOT_RESTORED
        return evolve(found, state=attempt.blocked if known else found.state, note=attempt.problem)
    return found


def _may_settle(finding: Finding) -> bool:
    states = (ObjectState.STUCK_TERMINATING, ObjectState.UNVERIFIABLE)
    return finding.state in states or finding.predicates.health is False
