"""A Lease is held by one, for as long as it is renewed, whatever the clocks say."""

from __future__ import annotations

import pytest

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube import KubeClient, Lease
from brokkr_core.model.json import Json, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.retry import RetryPolicy
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan
from clock_support import ObedientClock

REF = ObjectRef(group="coordination.k8s.io", version="v1", kind="Lease", namespace="default", name="work")
ONCE = RetryPolicy(attempts=1)


class Room:
    """A cluster, and candidates each with a clock of its own."""

    def __init__(self) -> None:
        self.cluster = EmbeddedCluster()
        self.client = KubeClient(self.cluster.transport(), retry=ONCE)
        self.clocks: dict[str, ObedientClock] = {}

    def candidate(self, holder: str, *, ahead: float = 0.0) -> Lease:
        clock = self.clocks[holder] = ObedientClock(seconds=ahead)
        return Lease(
            self.client,
            namespace="default",
            name="work",
            holder=holder,
            duration_seconds=15,
            clock=clock.monotonic,
            now=clock.now,
        )

    def wait(self, seconds: float) -> None:
        for clock in self.clocks.values():
            clock.sleep(seconds)

    def spec(self, member: str) -> Json:
        return dig(self.client.find(REF), "spec", member)


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_first_one_takes_it_and_others_do_not(room: Room) -> None:
    one, two = room.candidate("one"), room.candidate("two")

    assert (one.take(), two.take()) == (True, False)
    assert (one.held, two.held) == (True, False)
    assert (room.spec("holderIdentity"), two.holder) == ("one", "one")


def test_who_renews_keeps_it_for_ever(room: Room) -> None:
    one, two = room.candidate("one"), room.candidate("two")
    for _ in range(20):
        assert one.take()
        room.wait(5.0)
        assert not two.take()
    assert one.held
    assert room.spec("leaseTransitions") == 0


def test_it_is_taken_over_only_after_its_whole_duration_of_silence(room: Room) -> None:
    one, two = room.candidate("one"), room.candidate("two", ahead=1_000_000.0)
    one.take()
    assert not two.take()
    room.wait(14.9)
    assert not two.take()
    assert not one.held, "the holder gives up before anybody else can begin"
    room.wait(0.1)
    assert two.take()
    assert (room.spec("holderIdentity"), room.spec("leaseTransitions")) == ("two", 1)
    assert not one.take()


def test_a_clock_that_goes_wrong_takes_nothing_from_anybody(room: Room) -> None:
    """A candidate far in the future sees a renewTime far in the past, and waits all the same."""
    one, two = room.candidate("one"), room.candidate("two", ahead=1_000_000.0)
    one.take()

    assert not two.take()
    assert one.take()


def test_a_holder_without_a_cluster_stops_to_believe_in_time(room: Room) -> None:
    one = room.candidate("one")
    one.take()
    room.cluster.break_with(FaultPlan.dying(1))
    room.wait(5.0)
    with pytest.raises(ClusterUnreachableError):
        one.take()
    assert one.held, "one lost renewal is no reason to stop"
    room.wait(5.0)
    assert not one.held


def test_what_is_given_back_is_free_at_once(room: Room) -> None:
    one, two = room.candidate("one"), room.candidate("two")
    one.take()
    assert not two.take()
    one.release()

    assert not one.held
    assert two.take()
    one.release()
    assert two.take(), "who does not hold it gives nothing back"


def test_every_term_has_a_token_of_its_own(room: Room) -> None:
    one, two = room.candidate("one"), room.candidate("two")
    tokens = []
    for holder in (one, two, one):
        assert holder.take()
        tokens.append(holder.token)
        holder.release()

    assert tokens == ["0:one", "1:two", "2:one"]


def test_of_two_who_see_it_run_out_one_gets_it(room: Room) -> None:
    one, two, three = (room.candidate(name) for name in ("one", "two", "three"))
    one.take()
    two.take()
    three.take()
    room.wait(15.0)

    assert [two.take(), three.take()] == [True, False]
