"""Which events are worth telling, to whom, and how seldom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from brokkr_agent.deployments import Frames
from brokkr_agent.deployments.correlate import BURST, MOST_REMEMBERED, REFILL_SECONDS, Correlator
from brokkr_agent.deployments.herald import MOST_OBJECTS, Herald
from brokkr_core.model.events import Event, RollbackFinished, RollbackStarted
from brokkr_core.model.outcome import Action
from brokkr_core.model.stream import K8sEvent
from progress_support import AT, GONE, ONE, TWO, Troupe, a_map, finished, planned, revision, started, waiting

ROLLBACK: tuple[Event, ...] = (RollbackStarted(because="x", objects=(ONE,)), RollbackFinished(verdict="x", lines=()))


def said(troupe: Troupe) -> list[tuple[str, str, str]]:
    herald = Herald()
    found = [one for news in troupe.news for one in herald.hear(news)]
    return [(one.reason, "" if one.ref is None else one.ref.name, one.message) for one in found]


def test_a_good_revision_is_told_on_its_objects_and_on_its_stack() -> None:
    troupe = Troupe()
    events = (started(ONE), finished(ONE), finished(TWO, Action.UNCHANGED), finished(GONE, Action.PRUNED))
    troupe.play(planned(ONE, TWO, prune=(GONE,)), *events)

    assert said(troupe) == [
        ("DeploymentStarted", "", "revision 7: 3 objects"),
        ("ObjectApplied", "one", "created by revision 7"),
        ("ObjectPruned", "gone", "pruned by revision 7"),
        ("DeploymentSucceeded", "", "revision 7: 3 objects are ready"),
    ]


def test_a_look_that_finds_everything_as_it_is_to_be_is_not_worth_a_word() -> None:
    troupe = Troupe()
    troupe.play(planned(ONE), started(ONE), finished(ONE, Action.UNCHANGED))
    troupe.play(ok=None)
    troupe.board.interrupted("s1")

    assert said(troupe) == []


@pytest.mark.parametrize(
    ("verdict", "reason"), [("VERIFIED_EXACT", "RollbackVerified"), ("PARTIAL", "RollbackUnverified")]
)
def test_a_failure_is_told_on_what_failed_and_not_on_what_it_blocked(verdict: str, reason: str) -> None:
    troupe = Troupe()
    failing = (finished(ONE, Action.FAILED, "no"), finished(TWO, Action.BLOCKED, "waits for one"))
    troupe.play(planned(ONE, TWO), *failing, *ROLLBACK, ok=False, verdict=verdict, message="2 of 2\nrest")

    assert said(troupe) == [
        ("DeploymentStarted", "", "revision 7: 2 objects"),
        ("ObjectFailed", "one", "failed: no"),
        ("RollbackStarted", "", "revision 7: it failed and is put back"),
        ("DeploymentFailed", "", "revision 7: 2 of 2"),
        (reason, "", f"revision 7: verdict {verdict}"),
    ]


def test_what_is_refused_before_the_first_write_is_told_as_that() -> None:
    troupe = Troupe()
    troupe.play(ok=False, message="document 2: no kind")
    troupe.play(planned(ONE), ok=False, message="refused")

    assert [(reason, message) for reason, _, message in said(troupe)] == [
        ("ValidationFailed", "revision 7: document 2: no kind"),
        ("ValidationFailed", "revision 7: refused"),
    ]


def test_a_removal_says_that_everything_is_deleted() -> None:
    troupe = Troupe()
    troupe.board.began("s1", None)
    for event in (planned(prune=(GONE,)), finished(GONE, Action.PRUNED)):
        troupe.board.observer("s1")(event)
    troupe.board.ended("s1", ok=True)

    assert [reason for reason, _, _ in said(troupe)] == ["ObjectPruned", "StackRemoved"]


def test_a_revision_of_thousands_tells_of_some_of_its_objects() -> None:
    troupe, many = Troupe(), [a_map(f"m{number}") for number in range(2 * MOST_OBJECTS)]
    troupe.play(planned(*many), *map(finished, many))

    reasons = [reason for reason, _, _ in said(troupe)]
    assert reasons.count("ObjectApplied") == MOST_OBJECTS
    assert reasons[-1] == "DeploymentSucceeded"


def test_an_object_has_a_burst_and_then_one_in_five_minutes() -> None:
    correlator = Correlator()

    def admitted(about: str, seconds: float) -> bool:
        key = (about, str(seconds))
        return correlator.admit((about,), key, AT + timedelta(seconds=seconds)) is not None

    assert [admitted("a", number / 100) for number in range(BURST + 1)] == [True] * BURST + [False]
    assert admitted("b", 1)
    assert [admitted("a", at) for at in (REFILL_SECONDS - 1, REFILL_SECONDS + 1, REFILL_SECONDS + 2)] == [
        False,
        True,
        False,
    ]


def test_the_same_again_is_counted_on_until_it_is_long_ago() -> None:
    correlator = Correlator()
    told = [correlator.admit(("a",), ("a", "x"), AT + timedelta(seconds=at)) for at in (0, 5, 10, 2000)]

    series = [one for one in told if one]
    assert [one.count for one in series] == [1, 2, 3, 1]
    assert [one.first == AT for one in series] == [True, True, True, False]
    assert len({one.suffix(("a", "x")) for one in series}) == 2


def test_what_is_remembered_of_objects_is_bounded() -> None:
    correlator = Correlator()

    def told(name: str, message: str = "") -> int:
        series = correlator.admit((name,), (name, message), AT)
        return 0 if series is None else series.count

    assert [told("first", str(number)) for number in range(BURST + 1)] == [1] * BURST + [0]
    assert [told(str(number)) for number in range(MOST_REMEMBERED)] == [1] * MOST_REMEMBERED
    assert told(str(MOST_REMEMBERED - 1)) == 2
    assert told("first", "0") == 1, "neither what was told of it nor what it spent is remembered"


def frames_of(troupe: Troupe) -> list[K8sEvent]:
    sent: list[K8sEvent] = []
    frames = Frames(sent.append, home=lambda stack_id: a_map(f"home-{stack_id}"), clock=troupe.clock.now)
    troupe.board.listen(frames.hear)
    return sent


def test_frames_come_with_each_phase_and_once_a_second_in_between() -> None:
    troupe = Troupe()
    sent = frames_of(troupe)
    many = [a_map(f"m{number}") for number in range(40)]
    troupe.play(planned(*many), *map(started, many), *map(waiting, many), *map(finished, many))

    words = [one.message.split()[3] for one in sent]
    assert (words[0], words[1], words[-1]) == ("planning", "validating", "succeeded")
    assert words.count("applying") in range(7, 11)
    assert words.count("waiting") in range(3, 6)
    assert {(one.source, one.involved_object.name, one.stack_id) for one in sent} == {("brokkr-agent", "home-s1", "s1")}
    assert (sent[-1].reason, sent[-1].event_type) == ("DeploymentSucceeded", "Normal")


def test_a_look_after_a_good_attempt_says_nothing_over_the_channel_unless_it_changes_or_fails() -> None:
    troupe = Troupe()
    troupe.play()
    sent = frames_of(troupe)
    troupe.play(planned(ONE), finished(ONE, Action.UNCHANGED))
    assert sent == []
    troupe.play(planned(ONE), finished(ONE, Action.CONFIGURED), of=revision())
    assert [one.reason for one in sent] == ["DeploymentProgressing", "DeploymentSucceeded"]
    troupe.play(ok=False, message="no")
    assert [(one.reason, one.event_type, one.message) for one in sent[2:]] == [
        ("DeploymentFailed", "Warning", "revision 7: 0% failed 0/0 no")
    ]
