"""The trail: what happens becomes a record with its time, its actor and its deployment; what cannot is never silent."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog
from attrs import frozen

from brokkr_agent.audit.chain import Head
from brokkr_agent.audit.fault import AuditError
from brokkr_agent.audit.policy import OnFailure, Policy
from brokkr_agent.audit.record import Action, Actor, Draft, Stage, without_empty
from brokkr_agent.audit.segments import Segments, Surplus
from brokkr_agent.audit.work import current_work
from brokkr_agent.audit.writer import ChainWriter
from brokkr_core.model.json import JsonObject

_log = structlog.get_logger("audit")


@frozen(kw_only=True)
class Tally:
    """What a trail counted since it was opened. A record that the disk lost after it was taken counts as both."""

    written: int = 0
    failed: int = 0
    seq: int = 0  #: number of the last record


@frozen(kw_only=True)
class _Gap:
    """What could not be written since a record last could."""

    lost: int = 0  #: records of what was done all the same
    refused: int = 0  #: changes that were not made

    def __bool__(self) -> bool:
        return bool(self.lost or self.refused)

    def __add__(self, other: _Gap) -> _Gap:
        return _Gap(lost=self.lost + other.lost, refused=self.refused + other.refused)


class Trail:
    """Writes records. Safe to use from several threads.

    Args:
        segments: where they go; opened.
        head: the end of the chain there.
        policy: how the trail is kept.
        trace: tells the trace id of what the calling thread works for; may be empty.
        now: the time of day in UTC.
    """

    def __init__(
        self,
        segments: Segments,
        head: Head,
        *,
        policy: Policy,
        trace: Callable[[], str] = lambda: "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.actor = Actor()
        self.policy = policy
        self._place = segments.directory
        self._trace = trace
        self._now = now
        self._lock = threading.Lock()
        self._gap = _Gap()
        self._told: dict[int, _Gap] = {}  #: by the number of its record, what was told and may be taken back yet
        self._in_trouble = False
        self._written = self._failed = 0
        self._writer = ChainWriter(segments, head, policy=policy, drop=self._dropped, lost=self._taken_back)

    @property
    def head(self) -> Head:
        """The end of the chain."""
        return self._writer.head

    def tally(self) -> Tally:
        """Return what was counted."""
        seq = self._writer.head.seq
        with self._lock:
            return Tally(written=self._written, failed=self._failed, seq=seq)

    def intent(self, draft: Draft) -> str:
        """Write down what is about to be done, and wait until it is durable.

        Returns:
            The id of the record, for its outcome.

        Raises:
            AuditError: it cannot be written, and by the policy nothing may be done without.
        """
        record_id = str(uuid.uuid4())
        blocking = self.policy.on_failure is OnFailure.BLOCK
        try:
            self._write(draft, record_id, wait=True, otherwise=_Gap(refused=1) if blocking else _Gap(lost=1))
        except OSError as error:
            if blocking:
                raise AuditError(self._refusal(error)) from error
        return record_id

    def tell(self, draft: Draft) -> None:
        """Write down what is over. It has happened, so that a failure is only counted and logged."""
        try:
            self._write(draft, str(uuid.uuid4()), wait=False, otherwise=_Gap(lost=1))
        except OSError:
            return

    def event(self, action: str, facts: JsonObject | None = None, *, result: JsonObject | None = None) -> None:
        """Write down what is about no object; see :meth:`tell`.

        Args:
            action: ``noun.verb``.
            facts: particulars; names, numbers and words of ours.
            result: how it ended.
        """
        self.tell(Draft(stage=Stage.EVENT, action=action, facts=facts or {}, result=result or {}))

    def begin(self, facts: JsonObject, *, cut: int = 0) -> None:
        """Write the first records of a process.

        Args:
            facts: about the process.
            cut: so many bytes of a line that was not whole were cut off.

        Raises:
            AuditError: as for :meth:`intent`.
        """
        if cut:
            _log.warning("the end of a record that was cut off by a crash was removed", bytes=cut)
            self.event(Action.AUDIT_REPAIR, {"bytes": cut})
        self.intent(Draft(stage=Stage.EVENT, action=Action.AGENT_START, facts=facts))
        _log.info("audit trail goes on", path=str(self._place), seq=self.head.seq, head=self.head.hash)

    def close(self) -> None:
        """Write the last record, make everything durable, and tell the end of the chain."""
        self.event(Action.AGENT_STOP)
        head = self.head
        try:
            self._writer.close()
        except OSError as error:
            _log.error("the last audit records may not be on the disk", error=error.strerror)
        _log.info("audit trail ends", path=str(self._place), seq=head.seq, head=head.hash)

    def _write(self, draft: Draft, record_id: str, *, wait: bool, otherwise: _Gap) -> None:
        """Write a record, and before it how many could not be; what this one is counted as, if it cannot be either."""
        told, place = _Gap(), 0

        def compose() -> Sequence[JsonObject]:
            nonlocal told, place
            place, durable = self._writer.head.seq + 1, self._writer.durable
            with self._lock:
                told, self._gap = self._gap, _Gap()
                if told:
                    self._told = {seq: one for seq, one in self._told.items() if seq > durable} | {place: told}
            gap = [self._note(Action.AUDIT_GAP, {"lost": told.lost, "refused": told.refused})] if told else []
            return [*gap, self._record(draft, record_id)]

        try:
            self._writer.append(compose, wait=wait)
        except OSError as error:
            with self._lock:
                first, self._in_trouble = not self._in_trouble, True
                if self._told.get(place) is told:  # otherwise it was taken back
                    self._gap += self._told.pop(place)
                self._gap += otherwise
                self._failed += 1
            if first:
                _log.error("an audit record cannot be written", error=error.strerror, path=str(self._place))
            raise
        with self._lock:
            self._written += 2 if told else 1
            self._in_trouble = self._in_trouble and not told
        if told:
            _log.warning("audit records can be written again", lost=told.lost, refused=told.refused)

    def _record(self, draft: Draft, record_id: str) -> JsonObject:
        work = current_work()
        return draft.to_json() | without_empty(
            {
                "id": record_id,
                "at": f"{self._now().replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
                "actor": self.actor.to_json(),
                "stack_id": work.stack_id,
                "deployment_object_id": work.deployment_object_id,
                "trace_id": self._trace(),
            }
        )

    def _note(self, action: Action, facts: JsonObject) -> JsonObject:
        """Make a record of the trail's own."""
        return self._record(Draft(stage=Stage.EVENT, action=action, facts=facts), str(uuid.uuid4()))

    def _dropped(self, surplus: Surplus) -> JsonObject:
        with self._lock:
            self._written += 1
        return self._note(Action.AUDIT_DROP, {"segments": len(surplus.segments), "through": surplus.through})

    def _taken_back(self, records: int) -> None:
        """Count what the disk did not keep; of what one of them told as missing, all is still to be told."""
        durable = self._writer.durable
        with self._lock:
            untold = [one for seq, one in self._told.items() if seq > durable]
            self._told = {}
            self._gap = sum(untold, self._gap + _Gap(lost=records - len(untold)))
            self._failed += records - len(untold)

    def _refusal(self, error: OSError) -> str:
        return (
            f"nothing is changed: its audit record cannot be written to {self._place} ({error.strerror}); "
            "make room there, or set agent.audit_on_failure to continue"
        )
