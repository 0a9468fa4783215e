"""Which stacks are worked on, and when a missing one is really gone."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_agent.stacks import Pace, StackMemory
from brokkr_core.model.broker import DeploymentObject

PACE = Pace(
    resync_seconds=600.0,
    retry_first_seconds=10.0,
    retry_longest_seconds=100.0,
    removal_polls=3,
    removal_grace_seconds=60.0,
)
EMPTY = StackMemory(pace=PACE)


def revision(stack: str = "s", number: int = 1) -> DeploymentObject:
    return DeploymentObject(
        id=f"{stack}-{number}",
        sequence_id=number,
        stack_id=stack,
        yaml_content="",
        yaml_checksum="",
        is_deletion_marker=False,
    )


def due(memory: StackMemory, *target: DeploymentObject, now: float) -> list[str]:
    return [one.id for one in memory.due(target, now)]


def missed(memory: StackMemory, *times: float, owned: tuple[str, ...] = ("s",)) -> StackMemory:
    for now in times:
        memory = memory.seen([], owned, now)
    return memory


def test_what_was_never_tried_is_due_oldest_first() -> None:
    assert due(EMPTY, revision("b", 7), revision("a", 9), revision("c", 2), now=0.0) == ["c-2", "b-7", "a-9"]


@pytest.mark.parametrize(("now", "is_due"), [(0.0, False), (599.9, False), (600.0, True)])
def test_a_good_revision_is_looked_at_again_after_the_resync(now: float, is_due: bool) -> None:
    assert bool(due(EMPTY.after(revision(), ok=True, now=0.0), revision(), now=now)) is is_due


def test_a_new_revision_is_due_at_once_whatever_became_of_the_old_one() -> None:
    for ok in (True, False):
        assert due(EMPTY.after(revision(), ok=ok, now=0.0), revision(number=2), now=0.0) == ["s-2"]


def test_an_older_revision_that_is_back_is_a_new_one() -> None:
    memory = EMPTY.after(revision(number=2), ok=True, now=0.0)

    assert due(memory, revision(number=1), now=0.0) == ["s-1"]


def test_a_failing_revision_rests_longer_every_time_up_to_a_limit() -> None:
    memory, now, rests = EMPTY, 0.0, []
    for _ in range(6):
        memory = memory.after(revision(), ok=False, now=now)
        next_at = memory.next_at(memory.tried["s"])
        rests.append(next_at - now)
        assert due(memory, revision(), now=next_at - 0.1) == []
        now = next_at
        assert due(memory, revision(), now=now) == ["s-1"]

    assert rests == [10.0, 20.0, 40.0, 80.0, 100.0, 100.0]


def test_another_pace_holds_for_what_was_tried_before_it() -> None:
    good, bad = (EMPTY.after(revision(), ok=ok, now=0.0) for ok in (True, False))
    quick = evolve(PACE, resync_seconds=60.0, retry_first_seconds=1.0)

    assert due(good, revision(), now=60.0) == []
    assert due(good.paced(quick), revision(), now=60.0) == ["s-1"]
    assert due(bad, revision(), now=1.0) == []
    assert due(bad.paced(quick), revision(), now=1.0) == ["s-1"]
    assert due(good.paced(quick).paced(PACE), revision(), now=60.0) == []


def test_a_thousand_failures_are_no_overflow() -> None:
    assert PACE.retry_wait(100_000) == 100.0


@pytest.mark.parametrize("between", ["success", "new revision"])
def test_the_rests_begin_anew(between: str) -> None:
    memory = EMPTY
    for _ in range(4):
        memory = memory.after(revision(), ok=False, now=0.0)
    memory = memory.after(revision(number=1 if between == "success" else 2), ok=between == "success", now=0.0)
    number = 1 if between == "success" else 2
    failures = memory.after(revision(number=number), ok=False, now=0.0).tried["s"].failures

    assert failures == (1 if between == "success" else 2)


def test_one_stack_says_nothing_about_another() -> None:
    memory = EMPTY.after(revision("a"), ok=False, now=0.0)

    assert due(memory, revision("a"), revision("b"), now=0.0) == ["b-1"]


@pytest.mark.parametrize(
    ("times", "now", "gone"),
    [
        ([0.0], 1000.0, False),
        ([0.0, 60.0], 1000.0, False),
        ([0.0, 1.0, 2.0], 2.0, False),
        ([0.0, 1.0, 59.9], 59.9, False),
        ([0.0, 1.0, 60.0], 60.0, True),
        ([0.0, 1.0, 2.0, 60.0], 60.0, True),
    ],
)
def test_a_stack_is_gone_after_enough_polls_and_enough_time(times: list[float], now: float, gone: bool) -> None:
    assert missed(EMPTY, *times).gone(now) == (("s",) if gone else ())


def test_silence_however_long_removes_nothing() -> None:
    memory = missed(EMPTY, 0.0, 1.0)

    assert memory.gone(1e9) == ()


def test_a_stack_that_is_back_once_is_counted_from_the_start() -> None:
    memory = missed(missed(EMPTY, 0.0, 30.0, 59.0).seen(["s"], ["s"], 59.5), 60.0, 61.0, 62.0)

    assert memory.gone(62.0) == ()
    assert memory.gone(119.9) == ()
    assert memory.gone(120.0) == ("s",)


def test_only_what_we_own_can_be_gone() -> None:
    assert missed(EMPTY, 0.0, 50.0, 100.0, owned=()).gone(1e9) == ()


def test_what_was_removed_is_not_gone_any_more() -> None:
    memory = missed(EMPTY, 0.0, 50.0, 100.0)

    assert memory.gone(100.0) == ("s",)
    assert memory.seen([], [], 101.0).gone(1e9) == ()


def test_a_removal_that_failed_rests_as_long_as_a_revision_that_did() -> None:
    memory = missed(EMPTY, 0.0, 50.0, 100.0).not_removed("s", 100.0).seen([], ["s"], 101.0)
    first = memory.pace.retry_wait(1)

    assert memory.gone(100.0 + first - 0.1) == ()
    assert memory.gone(100.0 + first) == ("s",)
    again = memory.not_removed("s", 100.0 + first)
    assert again.gone(100.0 + first + memory.pace.retry_wait(2) - 0.1) == ()
    assert memory.seen(["s"], ["s"], 102.0).missing == {}, "what is back is counted from the start"
    assert memory.not_removed("other", 100.0) == memory


def test_several_missing_stacks_are_told_apart() -> None:
    memory = EMPTY.seen(["b"], ["a", "b"], 0.0).seen([], ["a", "b"], 50.0).seen([], ["a", "b"], 70.0)

    assert memory.gone(70.0) == ("a",)


def test_a_stack_that_left_and_came_back_is_due_at_once() -> None:
    memory = EMPTY.after(revision(), ok=True, now=0.0).seen([], ["s"], 1.0)

    assert due(memory, revision(), now=2.0) == ["s-1"]


def test_remembering_changes_no_earlier_memory() -> None:
    EMPTY.after(revision(), ok=True, now=0.0)
    EMPTY.seen([], ["s"], 0.0)

    assert StackMemory(pace=PACE) == EMPTY
