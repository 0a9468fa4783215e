"""Failures of design 5.5 around the agent itself: it is killed, there are two of it, its journal is lost."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable

import pytest
from attrs import evolve

from brokkr_agent.reconcile import Deployment
from brokkr_agent.recovery import Recovery
from brokkr_agent.rules import AfterCrash
from brokkr_agent.target import Target
from brokkr_agent.turn import Turn
from brokkr_core.errors import JournalError, StoppedError
from brokkr_core.kube import KubeClient, Lease
from brokkr_core.kube.transport import Stream
from brokkr_core.model.events import RollbackFinished
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.model.outcome import Report
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.rollback import Verdict, leftovers, recover
from brokkr_core.rollback.journal.journal import undoing
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, FaultRule, Moment, Refuse
from clock_support import ObedientClock
from crash_support import Doomed
from engine_play import live, writes
from prune_support import RULES
from rollback_support import deployment
from stage_support import config_map
from world_support import Others, Write

BACK = AfterCrash.ROLLBACK
SERIAL = evolve(RULES, apply=evolve(RULES.apply, workers=1), after_crash=BACK)
IMPATIENT = evolve(SERIAL, apply=evolve(SERIAL.apply, ready_timeout_seconds=0.05))
SECRET = ObjectRef(group="", version="v1", kind="Secret", namespace="default", name="any")
NEVER_READY = deployment("web", replicas=1)
FIRST = (config_map("one", a="1"), config_map("two", a="1"))
SECOND = (config_map("one", a="2"), config_map("two", a="2"), config_map("three", a="1"))


def data(doomed: Doomed, name: str) -> JsonObject | None:
    found = live(doomed.client, "ConfigMap", name)
    return None if found is None else as_object(found.get("data"))


def write_of(name: str, *documents: str) -> int:
    """Which write of an undisturbed run of the next revision is the one of an object."""
    twin = Doomed()
    assert twin.deploy(twin.revision(*FIRST)).ok
    done = len(writes(twin.cluster))
    assert twin.deploy(twin.revision(*documents), rules=SERIAL).ok
    path = f"PATCH /api/v1/namespaces/default/configmaps/{name}"
    return writes(twin.cluster)[done:].index(path) + 1


def killed(moment: Moment, *, at: str = "two") -> Doomed:
    """Kill an agent that was to change two objects and create a third, at the write of one of them."""
    doomed = Doomed()
    assert doomed.deploy(doomed.revision(*FIRST)).ok
    assert doomed.die(doomed.revision(*SECOND), write=write_of(at, *SECOND), moment=moment, rules=SERIAL)
    return doomed


@pytest.mark.parametrize("moment", Moment, ids=str)
def test_failure_27_a_killed_agents_run_is_put_back_by_the_next_one(moment: Moment) -> None:
    doomed = killed(moment)
    (done,), _ = doomed.recover(BACK)

    assert done.undone is not None
    assert done.undone.verdict is Verdict.VERIFIED_EXACT
    assert (data(doomed, "one"), data(doomed, "two"), data(doomed, "three")) == ({"a": "1"}, {"a": "1"}, None)
    assert doomed.open_journals() == []


def test_failure_27_a_write_in_doubt_that_somebody_has_written_over_is_never_called_exact() -> None:
    doomed = killed(Moment.AFTER)
    Others(doomed.cluster).write(Write(how="note", kind="ConfigMap", name="two", values={}))
    (done,), _ = doomed.recover(BACK)

    assert done.undone is not None
    assert done.undone.verdict is Verdict.VERIFIED_EQUIVALENT
    assert data(doomed, "two") == {"a": "1"}


class Interrupted:
    """A line on which something happens just before a request is passed on."""

    def __init__(self, cluster: EmbeddedCluster, when: Callable[[Request], bool], what: Callable[[], None]) -> None:
        self._inner = cluster.transport()
        self._when = when
        self._what = what
        self._over = False

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        if not self._over and self._when(request):
            self._over = True
            self._what()
        return self._inner.send(request, timeout_seconds=timeout_seconds)

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        return self._inner.stream(request, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        self._inner.close()


class Two:
    """Two agents of one id: the first one is interrupted in the middle of a run, and the second one takes over.

    Args:
        when: at which request of the first one; it arrives when the second one is done.
        then: what the second one deploys at once.
    """

    def __init__(self, when: Callable[[Request], bool], *, then: tuple[str, ...] = ()) -> None:
        self.then = then
        self.doomed = Doomed()
        assert self.doomed.deploy(self.doomed.revision(*FIRST)).ok
        self.clock = ObedientClock()
        self.undone: list[Verdict] = []
        line = Interrupted(self.doomed.cluster, when, self._second_takes_over)
        self.one = self._agent("one", KubeClient(line))
        self.two = self._agent("two", self.doomed.client)
        self.one[1].take()

    def _agent(self, holder: str, client: KubeClient) -> tuple[Target, Turn]:
        lease = Lease(
            client, namespace="default", name="agent", holder=holder, clock=self.clock.monotonic, now=self.clock.now
        )
        target = self.doomed.target(client)
        return target, Turn(lease, lambda: Recovery(target, SERIAL, observe=lambda _stack_id: self._hear))

    def _hear(self, event: object) -> None:
        if isinstance(event, RollbackFinished):
            self.undone.append(Verdict(event.verdict))

    def _second_takes_over(self) -> None:
        """The first one is silent for longer than its Lease lasts."""
        with pytest.raises(StoppedError):
            self.two[1].take()
        self.clock.sleep(20.0)
        self.two[1].take()
        if self.then:
            assert Deployment(self.two[0], SERIAL).run(self.doomed.revision(*self.then)).ok

    def deploy(self) -> Report:
        """The first one deploys the second revision."""
        target, turn = self.one
        revision = self.doomed.revision(*SECOND)
        return Deployment(target, SERIAL, stop=lambda: turn.lost).run(revision)


def test_failure_28_the_loser_begins_nothing() -> None:
    two = Two(lambda _request: False)
    done = len(writes(two.doomed.cluster))
    with pytest.raises(StoppedError, match="another agent of this id"):
        two.two[1].take()

    assert len(writes(two.doomed.cluster)) == done
    assert two.one[1].token == "0:one"


def applies_two(request: Request) -> bool:
    return request.method == "PATCH" and request.path.endswith("/two") and "dryRun" not in request.query


def test_failure_28_a_deposed_agent_stops_and_leaves_its_run_to_the_holder() -> None:
    """Its first write is put back by the holder before its second one arrives.

    That one lands, since nobody has touched the object; it is the last one.
    """
    two = Two(applies_two)
    report = two.deploy()

    assert (report.ok, report.verdict) == (False, ""), "it puts nothing back: that is the holder's"
    assert two.undone == [Verdict.VERIFIED_EXACT]
    assert (data(two.doomed, "one"), data(two.doomed, "three")) == ({"a": "1"}, None)
    assert two.doomed.open_journals() == []
    with pytest.raises(StoppedError):
        two.one[1].take()


def test_failure_28_a_deposed_agent_cannot_write_over_what_the_holder_has_written() -> None:
    two = Two(applies_two, then=(config_map("one", a="1"), config_map("two", a="3")))
    report = two.deploy()

    assert (report.ok, report.verdict) == (False, "")
    assert data(two.doomed, "two") == {"a": "3"}
    assert two.doomed.open_journals() == []


def journal_secrets(doomed: Doomed, name: str) -> list[JsonObject]:
    """The Secrets of a journal, in their order."""
    found = doomed.client.list(doomed.client.resource(SECRET), namespace="default")
    return sorted((one for one in found if f"-{name}-" in ref_of(one).name), key=lambda one: ref_of(one).name)


def spoil(doomed: Doomed, body: JsonObject) -> None:
    """Somebody replaces one Secret of a journal by another one with other lines."""
    ref = ref_of(body)
    doomed.client.delete(ref, uid="")
    lines = base64.b64encode(gzip.compress(b'{"digest":"0","record":[0,"after",{},"0"]}\n')).decode()
    metadata = {key: dig(body, "metadata", key) for key in ("name", "namespace", "labels", "annotations")}
    doomed.client.create({**body, "metadata": metadata, "data": {"lines": lines}}, ref, manager="somebody")


def lose(doomed: Doomed, body: JsonObject) -> None:
    """Somebody deletes one Secret of a journal."""
    doomed.client.delete(ref_of(body), uid="")


@pytest.mark.parametrize("damage", [spoil, lose])
def test_failure_29_a_damaged_journal_is_told_and_its_run_is_only_left_forward(
    damage: Callable[[Doomed, JsonObject], None], capsys: pytest.CaptureFixture[str]
) -> None:
    doomed = killed(Moment.AFTER, at="three")
    (left,) = leftovers(doomed.target(doomed.client).journals)
    undoing(left.chain, "the next one was about to put it back, and was killed as well")
    (name,) = doomed.open_journals()
    damage(doomed, journal_secrets(doomed, name)[0])
    target, before = doomed.target(doomed.client), doomed.seen()
    with pytest.raises(JournalError):
        list(recover(doomed.client, target.journals))
    Turn(None, lambda: Recovery(target, SERIAL)).take()

    assert "a journal is damaged, its run cannot be put back error='" in capsys.readouterr().out.replace('"', "'")
    assert doomed.seen() == before, "nothing was put back"
    assert doomed.open_journals() == [name], "nor is it said to have been"
    report = doomed.deploy(doomed.revision(*FIRST, config_map("three", a="3")), target=target)
    assert report.ok
    assert (data(doomed, "one"), data(doomed, "three")) == ({"a": "1"}, {"a": "3"})


def test_failure_29_a_journal_that_is_lost_altogether_leaves_no_run_to_put_back() -> None:
    doomed = killed(Moment.AFTER, at="three")
    (name,) = doomed.open_journals()
    for body in journal_secrets(doomed, name):
        lose(doomed, body)
    before = doomed.seen()
    found, target = doomed.recover(BACK)

    assert found == ()
    assert doomed.seen() == before
    assert doomed.deploy(doomed.revision(*SECOND), target=target).ok


@pytest.mark.parametrize("status", [403, 413])
def test_failure_29_without_a_journal_nothing_is_begun(status: int) -> None:
    doomed = Doomed()
    assert doomed.deploy(doomed.revision(*FIRST)).ok
    before = doomed.seen()
    doomed.cluster.break_with(
        FaultPlan(rules=[FaultRule(effect=Refuse(status=status), method="POST", path="/secrets$")])
    )
    with pytest.raises(JournalError, match="cannot be written"):
        doomed.deploy(doomed.revision(*SECOND))

    assert doomed.seen() == before


def test_failure_29_a_rollback_that_cannot_be_written_down_is_not_made_and_not_claimed() -> None:
    """The journal breaks in the middle of the run, so what follows is left as it is: unverifiable."""
    doomed = Doomed()
    assert doomed.deploy(doomed.revision(*FIRST)).ok
    broken = FaultRule(effect=Refuse(status=403), method="POST", path="/secrets$", nth=range(2, 100))
    doomed.cluster.break_with(FaultPlan(rules=[broken]))
    target = doomed.target(doomed.client)
    report = doomed.deploy(doomed.revision(*SECOND, NEVER_READY), target=target, rules=IMPATIENT)

    assert report.verdict == Verdict.UNVERIFIABLE
    assert data(doomed, "one") == {"a": "2"}
    assert "the journal of this run cannot be written" in " ".join(report.restored)
    doomed.cluster.break_with(FaultPlan())
    (done,), _ = doomed.recover(BACK)
    assert done.undone is not None
    assert done.undone.verdict is Verdict.VERIFIED_EXACT, "whoever can write it down later puts it back"
    assert data(doomed, "one") == {"a": "1"}
