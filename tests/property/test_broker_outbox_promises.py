"""Whatever the line does and whenever the process is killed: nothing is lost, doubled, reordered or unbounded."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from brokkr_core.broker.outbox import Added, Outbox, SqliteOutbox
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.broker import NewAgentEvent
from outbox_support import CUT, LOST, ODD, UNSENT, WELL, FakeDoor, Fault, Killed, refused, result, said

MOST = 5
FAULTS: list[Fault | None] = [
    *[WELL] * 4,
    UNSENT,
    LOST,
    CUT,
    ODD,
    refused(401),
    refused(429),
    *[refused(status, when) for status in (500, 503) for when in ("before", "after")],
    *[(when, Killed()) for when in ("before", "after")],
]
STACKS = st.sampled_from(["s1", "s2"])


def never(event: NewAgentEvent) -> Fault | None:
    """Refuse for good what is poison."""
    return refused(422) if event.message == "poison" else None


class OutboxMachine(RuleBasedStateMachine):
    """An outbox in a file, a broker, and a world that does its worst between and during all steps."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.door = FakeDoor()
        self.door.judge = never
        self.due: dict[str, list[str]] = {"s1": [], "s2": []}
        self.attempts = 0
        self.known_delivered: list[str] = []
        self.reopen()

    def reopen(self) -> None:
        self.store = SqliteOutbox(self.folder / "outbox", wait_seconds=0.0)
        self.outbox = Outbox(self.store, self.door, most=MOST)

    @rule(
        stack=STACKS,
        status=st.sampled_from(["SUCCESS", "FAILURE"]),
        message=st.sampled_from([None, None, "m", "poison"]),
    )
    def add(self, stack: str, status: str, message: str | None) -> None:
        """The messages are few, so that many results are the same, word by word."""
        self.attempts += 1
        one = result(self.attempts, stack, status=status, message=message)
        count = self.outbox.count
        added = self.outbox.add(one)
        assert added is (Added.FULL if count == MOST else Added.NEW)
        if added is Added.NEW and message != "poison":
            self.due[stack].append(said(one.event))

    @rule(data=st.data(), again=st.integers(1, 50))
    def add_again(self, data: st.DataObject, again: int) -> None:
        if again <= self.attempts:
            assert self.outbox.add(result(again, data.draw(STACKS))) is not Added.NEW or self.was_refused(again)

    def was_refused(self, number: int) -> bool:
        """An attempt that found the outbox full has no result yet; it gets one now, and it has to be told."""
        entry = self.store.open_entries()[-1]
        assert entry.result.attempt_id == f"attempt-{number}"
        self.due[entry.result.stack_id].append(said(entry.result.event))
        return True

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=6), deaf=st.booleans())
    def flush(self, faults: list[Fault | None], deaf: bool) -> None:
        self.door.faults = list(faults)
        self.door.list_fault = BrokerUnreachableError("down") if deaf else None
        with suppress(Killed):
            self.known_delivered += [one.result.attempt_id for one in self.outbox.flush().delivered]
            return
        self.restart()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.reopen()

    @invariant()
    def what_waits_is_bounded(self) -> None:
        assert self.outbox.count <= MOST

    @invariant()
    def no_attempt_was_delivered_twice(self) -> None:
        assert len(self.known_delivered) == len(set(self.known_delivered))

    @invariant()
    def the_broker_heard_every_stack_in_order_and_nothing_twice(self) -> None:
        for stack, due in self.due.items():
            heard = [words for words in self.door.heard if words.startswith(stack)]
            assert heard == due[: len(heard)]

    def teardown(self) -> None:
        """Once the line is good everything arrives, exactly once, and what is poison is seen."""
        if not hasattr(self, "door"):
            return
        self.door.faults, self.door.list_fault = [], None
        self.outbox.flush()
        for stack, due in self.due.items():
            assert [words for words in self.door.heard if words.startswith(stack)] == due
        assert self.outbox.count == 0
        self.store.close()
        shutil.rmtree(self.folder)


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(max_examples=100, stateful_step_count=30)
