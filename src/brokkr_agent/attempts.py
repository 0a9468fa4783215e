"""One attempt at one stack, from its text to how it ended: in a thread of the crew, with its own log and trace."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from attrs import field, frozen

from brokkr_agent.audit.work import working
from brokkr_agent.errors import own_failure
from brokkr_agent.logs.setup import attempt_log
from brokkr_agent.parcel import Parcel
from brokkr_agent.reconcile import Deployment, Revision
from brokkr_agent.stop import Stop
from brokkr_agent.turn import Turn
from brokkr_agent.verdicts import Attempt, attempt_of, named
from brokkr_agent.witnesses import Witness
from brokkr_core.errors import BrokkrError, StoppedError
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.wire import Stamp

_log = structlog.get_logger("agent")


@frozen(kw_only=True)
class Attempts:
    """Makes attempts. What it is asked for must not raise.

    Args:
        owner_id: our own id.
        turn: lets only one agent of this id work.
        stop: ends everything between two operations.
        deployment: makes what puts a stack in order, from its id and the revision that is wanted.
        witness: hears what becomes of the stacks.
        ended: hears of an attempt that came to its end, and was not left in the middle.
    """

    owner_id: str
    turn: Turn
    stop: Stop
    deployment: Callable[[str, DeploymentObject | None], Deployment] = field(repr=False)
    witness: Witness
    ended: Callable[[Attempt], None] = field(repr=False)

    def deploy(self, parcel: Parcel, *, number: int) -> None:
        """Put a stack in the order that a revision wants.

        Args:
            parcel: the revision.
            number: how many attempts at it were made before, and one.
        """
        one = parcel.revision
        marks: dict[str, str | int] = {"stack_id": one.stack_id, "deployment_object_id": one.id, "attempt": number}
        with working(one.stack_id, one.id), attempt_log(**marks) as flight:
            if not self._deploy(parcel):
                flight.fail()

    def remove(self, stack_id: str) -> bool:
        """Delete what a stack owns that is gone from the broker; tell whether that was not a failure."""
        with working(stack_id), attempt_log(stack_id=stack_id) as flight:
            removed = self._remove(stack_id)
            if not removed:
                flight.fail()
        return removed

    def _deploy(self, parcel: Parcel) -> bool:
        """Make an attempt and tell how it ended; whether it was not a failure."""
        one = parcel.revision
        self.witness.began(one.stack_id, one)
        try:
            attempt = self._reconcile(parcel)
        except StoppedError:
            self.witness.interrupted(one.stack_id)
            return True
        except Exception as error:
            _log.exception("attempt crashed")
            attempt = Attempt(revision=one, ok=False, message=own_failure(error), error=type(error).__name__)
        if not attempt.ok and (self.stop() or (attempt.report is not None and self.turn.lost)):
            _log.info("stopped in mid-run; whoever is next goes on")
            self.witness.interrupted(one.stack_id)
            return True
        (_log.info if attempt.ok else _log.error)("attempt ended", ok=attempt.ok, message=attempt.message)
        self.ended(attempt)
        return attempt.ok

    def _reconcile(self, parcel: Parcel) -> Attempt:
        one = parcel.revision
        stamp = Stamp(
            stack_id=one.stack_id, checksum=one.yaml_checksum, deployment_object_id=one.id, owner_id=self.owner_id
        )
        try:
            self.turn.take()
            revision = Revision(stamp=stamp, manifests=parcel.open(), removal=one.is_deletion_marker)
            return attempt_of(one, self.deployment(one.stack_id, one).run(revision))
        except StoppedError:
            raise
        except BrokkrError as error:
            return Attempt(revision=one, ok=False, message=str(error), error=type(error).__name__)

    def _remove(self, stack_id: str) -> bool:
        """There is no revision to report on, so the log is where it is told."""
        stamp = Stamp(stack_id=stack_id, checksum="", deployment_object_id="", owner_id=self.owner_id)
        self.witness.began(stack_id, None)
        try:
            self.turn.take()
            report = self.deployment(stack_id, None).run(Revision(stamp=stamp, removal=True))
        except StoppedError:
            self.witness.interrupted(stack_id)
            return True
        except BrokkrError as error:
            _log.warning("stack not removed", error=str(error))
            self.witness.removed(stack_id, None, str(error))
            return False
        except Exception as error:
            _log.exception("removal crashed")
            self.witness.removed(stack_id, None, own_failure(error))
            return False
        if not report.ok and (self.stop() or self.turn.lost):
            self.witness.interrupted(stack_id)
            return True
        if report.ok:
            _log.info("stack removed", counts=report.counts())
        else:
            _log.warning("stack not removed", counts=report.counts(), failed=named(report))
        self.witness.removed(stack_id, report, "")
        return report.ok
