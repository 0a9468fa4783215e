"""The write-ahead journal of one run: nothing is changed before the record that explains it is durable."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.apply.recorder import Foreseen
from brokkr_core.errors import JournalError
from brokkr_core.kube.client import Applied
from brokkr_core.model.json import JsonObject
from brokkr_core.model.kinds import SECRET
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.rollback.entry import Entry
from brokkr_core.rollback.journal.chain import Chain
from brokkr_core.rollback.journal.encoding import entry_to_json, ref_to_json
from brokkr_core.rollback.journal.header import Header, name_of
from brokkr_core.rollback.journal.ledger import MemoryJournal
from brokkr_core.rollback.journal.record import RecordKind
from brokkr_core.rollback.journal.store import JournalStore

#: What the server made of a write is made durable at the latest after so many seconds, with whatever else is waiting.
#: A write without it is in doubt after a crash, and is looked at again.
LAG_SECONDS = 0.5

#: Bytes of records that are handed to the store at once.
SEGMENT_BYTES = 4 * 1024 * 1024


class Journal:
    """Records one run; safe to call from several threads.

    Nothing is kept of a run that changes nothing: the first record is written when the first change is foreseen.

    Args:
        store: where to.
        header: which run.
        carried: what an earlier run did that was not ended; this run goes on with it, or puts it back with its own.
        lag_seconds: how long the answer to a write may wait to be made durable; 0 makes each durable at once.
        began: when the run began, with time zone; None takes the clock.
    """

    def __init__(
        self,
        store: JournalStore,
        header: Header,
        *,
        carried: Sequence[Entry] = (),
        lag_seconds: float = LAG_SECONDS,
        began: datetime | None = None,
    ) -> None:
        self.header = header
        name = name_of(header.stack, began=began or datetime.now(UTC), salt=secrets.token_hex(4))
        self._chain = Chain(store, name, lag_seconds=lag_seconds, opening=header.to_json)
        self._holds_secrets = store.holds_secrets
        self._carried = tuple(carried)
        self._ledger = MemoryJournal(carried)
        self._versions: dict[ObjectRef, tuple[str, str]] = {}  #: of what is durable

    @property
    def chain(self) -> Chain:
        """The records themselves: name, head, and how to end them."""
        return self._chain

    def entries(self) -> tuple[Entry, ...]:
        """Return what was written, oldest first."""
        return self._ledger.entries()

    def foresee(self, changes: Sequence[Foreseen]) -> None:
        """Make the pre-images of all expected changes durable.

        Raises:
            JournalError: they cannot be kept; nothing may be written.
        """
        self._ledger.foresee(changes)
        for ref in [entry.ref for entry in self._carried] + [change.ref for change in changes]:
            self._permit(ref)
        for entry in self._carried:
            self._add(RecordKind.CARRIED, entry.ref, entry_to_json(entry))
        size = 0
        for change in changes:
            size += self._add(RecordKind.FORESEEN, change.ref, _foreseen(change))
            self._versions[change.ref] = _version(change.live)
            if size > SEGMENT_BYTES:
                self._chain.flush()
                size = 0
        self._chain.flush()

    def before(self, ref: ObjectRef, live: JsonObject | None, *, locked: bool = True) -> None:
        """Make a pre-image durable, unless it is already.

        Raises:
            JournalError: it cannot be kept; the write must not leave.
        """
        self._ledger.before(ref, live, locked=locked)
        if locked and self._versions.get(ref) == _version(live):
            self._chain.check()
            return
        self._permit(ref)
        self._add(RecordKind.BEFORE, ref, {"before": live, "locked": locked})
        self._versions[ref] = _version(live)
        self._chain.flush()

    def deleted(self, ref: ObjectRef) -> None:
        """Make durable that what was recorded is about to be deleted.

        Raises:
            JournalError: it cannot be kept; the deletion must not leave.
        """
        self._ledger.deleted(ref)
        self._add(RecordKind.DELETING, ref, {})
        self._chain.flush()

    def after(self, ref: ObjectRef, applied: Applied) -> None:
        """Keep what the server made of a write; durable soon."""
        self._ledger.after(ref, applied)
        facts: JsonObject = {"after": applied.body, "created": applied.created, "bounded": applied.bounded}
        self._add(RecordKind.AFTER, ref, facts)
        self._chain.flush_soon()

    def refused(self, ref: ObjectRef) -> None:
        """Keep that the server refused a write; durable soon."""
        self._ledger.refused(ref)
        self._add(RecordKind.REFUSED, ref, {})
        self._chain.flush_soon()

    def commit(self, leaving: Sequence[tuple[ObjectRef, str]], *, desired: Sequence[JsonObject] | None = None) -> None:
        """Make durable that the run only goes forward from here on; call it before anything is pruned.

        Args:
            leaving: what may be deleted now, each with its uid.
            desired: what was applied, for a later return to this revision; None keeps nothing.

        Raises:
            JournalError: it cannot be kept; nothing may be deleted.
        """
        if not self._chain.begun and not leaving:
            return
        for body in desired or ():
            self._permit(ref_of(body))
        facts: JsonObject = {"leaving": [[ref_to_json(ref), uid] for ref, uid in leaving]}
        facts |= {} if desired is None else {"desired": [*desired]}
        self._chain.add(RecordKind.COMMIT, facts)
        self._chain.flush()

    def _permit(self, ref: ObjectRef) -> None:
        if ref.group_kind == SECRET and not self._holds_secrets:
            raise JournalError(
                f"{ref}: the run would change a Secret, and its journal is kept where values of Secrets may not be; "
                "keep the journal in the cluster, or say that this place may hold them"
            )

    def _add(self, kind: RecordKind, ref: ObjectRef, facts: JsonObject) -> int:
        return self._chain.add(kind, {"ref": ref_to_json(ref), **facts})


def undoing(chain: Chain, because: str) -> None:
    """Make durable that a run is being put back from here on.

    Raises:
        JournalError: it cannot be kept.
    """
    if chain.begun:
        chain.add(RecordKind.UNDO, {"because": because})
        chain.flush()


def end(chain: Chain, how: str, certificate: JsonObject | None = None) -> None:
    """Close a journal, if anything is in it.

    Args:
        chain: its end.
        how: one word: ``committed``, or the verdict.
        certificate: what was proven of a rollback.

    Raises:
        JournalError: it cannot be kept; the next start will find the journal open.
    """
    if chain.begun:
        chain.add(RecordKind.END, {"how": how, "certificate": certificate})
        chain.flush(last=True)


def _foreseen(change: Foreseen) -> JsonObject:
    return {"before": change.live, "would": change.would, "reversibility": str(change.reversibility)}


def _version(body: JsonObject | None) -> tuple[str, str]:
    """What tells one state of an object from another: uid and resourceVersion, both empty when it is absent."""
    return uid(body), resource_version(body)
