"""Random runs that are put back while others write and everything goes wrong, and what was said about them."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum

from attrs import frozen
from hypothesis import strategies as st

from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan
from brokkr_core.errors import BrokkrError, JournalError, StoppedError
from brokkr_core.kube import KubeClient
from brokkr_core.manifest import parse_all
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Plan
from brokkr_core.model.ref import ref_of
from brokkr_core.ordering import order
from brokkr_core.retry import RetryPolicy
from brokkr_core.rollback import (
    Header,
    Journal,
    MemoryStore,
    UndoPolicy,
    Verdict,
    apply_atomically,
    put_back,
    recover,
)
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, FaultRule, Moment
from brokkr_core.testing.cluster.faults import Die, Effect, Refuse, Reset, Truncate
from brokkr_core.testing.cluster.hooks import Denied, Hook, MutatingHook, Review, ValidatingHook
from brokkr_core.testing.cluster.settings import Settings
from rollback_support import definition, gadget
from witness_support import CutIn, Line, Witness
from world_support import HOWS, Bundle, Others, Write, body_of, manifests, writes

STUBBORN = RetryPolicy(attempts=3, base_seconds=0.0, cap_seconds=0.0, deadline_seconds=5.0)
SLOW = Settings(crd_establish_seconds=0.5, crd_discovery_seconds=0.3)
Said = tuple[Verdict | None, tuple[str, ...]]  #: no verdict where nothing was claimed
POISON = "poison"


class Mood(StrEnum):
    """What a mutating webhook does to everything that is written."""

    SLEEPS = "sleeps"
    ADDS = "adds"  #: an annotation
    REWRITES = "rewrites"  #: a value, wherever there is one
    COUNTS = "counts"  #: an annotation that is another one every time


class Ending(StrEnum):
    """How it comes to the rollback."""

    FAILED = "failed"  #: one object is refused, so ``apply_atomically`` puts the rest back
    UNDONE = "undone"  #: somebody asks for it after the run
    KILLED = "killed"  #: the process dies at a write, and another one reads its journal


@frozen(kw_only=True)
class Story:
    """What stands there, what the run makes of it, and all that comes in between."""

    first: Bundle
    before_run: list[Write]
    second: Bundle
    defines: bool  #: the run also brings a definition and an object of it
    cut_ins: list[CutIn]
    faults: list[FaultRule]
    swallowed: frozenset[int]  #: writes that are carried out and answered with 500
    mood: Mood
    always: bool  #: whether the webhook was there before the run
    ending: Ending
    death: tuple[int, Moment]  #: at which write, for ``KILLED``
    lag_seconds: float  #: of the journal, for ``KILLED``


def refusals(*statuses: int) -> st.SearchStrategy[Effect]:
    return st.sampled_from([Refuse(status=status) for status in statuses])


def rules(
    effects: st.SearchStrategy[Effect], *, writes: st.SearchStrategy[bool | None]
) -> st.SearchStrategy[FaultRule]:
    return st.builds(
        lambda effect, nth, path, to: FaultRule(effect=effect, nth=nth, path=path, writes=to),
        effects,
        st.frozensets(st.integers(min_value=1, max_value=9), min_size=1, max_size=3),
        st.sampled_from(["", "/configmaps/", "/secrets/", "/deployments/", "/a$", "/gadgets/"]),
        writes,
    )


lost: st.SearchStrategy[Effect] = st.sampled_from([Reset(moment=Moment.BEFORE), Reset(moment=Moment.AFTER), Truncate()])
any_faults = rules(refusals(409, 422, 429, 500, 503) | lost, writes=st.sampled_from([True, True, False, None]))
#: What is sent again and leaves no doubt: refused for now, or a read without an answer.
harmless_faults = rules(refusals(429), writes=st.none()) | rules(refusals(500, 503) | lost, writes=st.just(False))


@st.composite
def stories(draw: st.DrawFn, *, disturbed: bool) -> Story:
    # Of an object without any field of ours nobody can tell who created it when the answer is lost.
    first = draw(manifests(fixed=disturbed, bare=disturbed, min_size=0))
    second = draw(manifests(fixed=disturbed, bare=disturbed))
    targets = st.sampled_from(sorted({*first, *second}))
    cut_in = st.builds(CutIn, write=writes(targets, HOWS), nth=st.integers(min_value=1, max_value=9))
    faults = draw(st.lists(any_faults if disturbed else harmless_faults, max_size=2))
    return Story(
        first=first,
        before_run=draw(st.lists(writes(targets), max_size=3)),
        second=second,
        defines=draw(st.integers(0, 3)) == 0,
        cut_ins=draw(st.lists(cut_in, max_size=3)) if disturbed else [],
        faults=faults,
        swallowed=draw(st.frozensets(st.integers(min_value=1, max_value=8), max_size=2)) if disturbed else frozenset(),
        mood=draw(st.sampled_from([*[Mood.SLEEPS] * 3, *Mood] if disturbed else [Mood.SLEEPS, Mood.ADDS])),
        always=draw(st.booleans()) if disturbed else True,
        ending=draw(st.sampled_from([*Ending])),
        death=(draw(st.integers(min_value=1, max_value=10)), draw(st.sampled_from([*Moment]))),
        lag_seconds=draw(st.sampled_from([0.0, 3600.0])),
    )


class Webhook:
    """A webhook that changes what is written, and one that refuses the poison; neither tells a dry run of it."""

    def __init__(self, mood: Mood) -> None:
        self.mood = Mood.SLEEPS
        self.wanted = mood
        self._count = 0

    def change(self, review: Review) -> JsonObject:
        body = review.body
        if self.mood is Mood.SLEEPS or review.kind not in ("ConfigMap", "Secret", "Deployment"):
            return body
        self._count += 1
        if self.mood is Mood.REWRITES:
            data = as_object(body.get("data"))
            return {**body, "data": {**data, **({"k": "cmV3cml0dGVu"} if "k" in data else {})}} if data else body
        metadata = as_object(body["metadata"])
        text = str(self._count) if self.mood is Mood.COUNTS else "yes"
        notes = {**as_object(metadata.get("annotations")), "example.com/hook": text}
        return {**body, "metadata": {**metadata, "annotations": notes}}

    def refuse(self, review: Review) -> None:
        if review.name == POISON and not review.dry_run:
            raise Denied("not this one")


class MortalStore(MemoryStore):
    """A store that ends with the cluster: what was not handed to it by then was never durable."""

    def __init__(self, cluster: EmbeddedCluster) -> None:
        super().__init__()
        self._cluster = cluster

    def append(self, name: str, number: int, lines: bytes, *, last: bool = False) -> None:
        if not self._cluster.alive:
            raise JournalError("the process is dead")
        super().append(name, number, lines, last=last)


@frozen(kw_only=True)
class Told:
    """What a rollback said, and who saw what really happened. No verdict where nothing was claimed."""

    verdict: Verdict | None
    lines: tuple[str, ...]
    witness: Witness


class Play:
    """Plays a story."""

    def __init__(self, story: Story, *, patient: bool) -> None:
        self.story = story
        self.hook = Webhook(story.mood)
        hooks: list[Hook] = [
            MutatingHook(name="changes.example.com", call=self.hook.change),
            ValidatingHook(name="refuses.example.com", call=self.hook.refuse),
        ]
        self.cluster = EmbeddedCluster(SLOW, hooks=hooks)
        self.rules = ApplyPolicy(
            conflicts=Conflicts.TAKE,
            wait=False,
            workers=1,
            recreate=True,
            poll_seconds=0.001,
            ready_timeout_seconds=0.2,
        )
        self.undo = UndoPolicy(settle_timeout_seconds=1.0 if patient else 0.0, stability_seconds=0.0, poll_seconds=0.0)
        self.header = Header(stack_id="stack", owner_id="us", manager=self.rules.manager)

    def run(self) -> Told:
        self._set_up()
        story, store = self.story, MortalStore(self.cluster)
        line = Line(self.cluster, story.cut_ins, story.swallowed)
        client = KubeClient(line, retry=STUBBORN)
        plan = order(_manifests(story))
        killed = [FaultRule(effect=Die(moment=story.death[1]), writes=True, nth=(story.death[0],))]
        self.cluster.break_with(FaultPlan(rules=[*story.faults, *(killed if story.ending is Ending.KILLED else [])]))
        said: Said = (None, ())
        with suppress(BrokkrError):
            said = self._attempt(client, plan, store, line)
        if not self.cluster.alive:
            self.cluster.revive()
            self.cluster.break_with(FaultPlan(rules=story.faults[1:]))
            line.all_cut_in()
            said = self._recovered(KubeClient(line, retry=STUBBORN), store)
        return Told(verdict=said[0], lines=said[1], witness=line.witness)

    def _set_up(self) -> None:
        self.hook.mood = self.hook.wanted if self.story.always else Mood.SLEEPS
        client, others = KubeClient(self.cluster.transport()), Others(self.cluster)
        if self.story.first:
            plan = order(Manifest(ref=ref_of(body), body=body) for body in self.story.first.values())
            assert apply_plan(client, plan, policy=self.rules).ok
        for write in self.story.before_run:
            others.write(write)
        self.hook.mood = self.hook.wanted

    def _attempt(self, client: KubeClient, plan: Plan, store: MortalStore, line: Line) -> Said:
        if self.story.ending is Ending.FAILED:
            report = apply_atomically(
                client,
                plan,
                store=store,
                header=self.header,
                policy=self.rules,
                undo_policy=self.undo,
                sleep=self._sleep,
            )
            return (Verdict(report.verdict) if report.verdict else None), report.restored
        journal = Journal(store, self.header, lag_seconds=self.story.lag_seconds)
        try:
            apply_plan(client, plan, policy=self.rules, recorder=journal)
            line.all_cut_in()
            undone = put_back(
                client,
                journal.chain,
                journal.entries(),
                header=self.header,
                because="",
                policy=self.undo,
                sleep=self._sleep,
            )
            return undone.verdict, tuple(map(str, undone.findings))
        finally:
            with suppress(BrokkrError):
                journal.chain.flush()  # a dead process leaves no timer

    def _recovered(self, client: KubeClient, store: MortalStore) -> Said:
        with suppress(BrokkrError):
            for one in recover(client, store, policy=self.undo, sleep=self._sleep):
                if one.undone is not None:
                    return one.undone.verdict, tuple(map(str, one.undone.findings))
        return None, ()

    def _sleep(self, _seconds: float) -> None:
        if not self.cluster.alive:
            raise StoppedError("a dead process waits for nothing")
        self.cluster.advance(1.0)


def _manifests(story: Story) -> list[Manifest]:
    bodies = [*story.second.values()]
    if story.ending is Ending.FAILED:
        bodies.append(body_of("ConfigMap", POISON, values={}))
    made = [Manifest(ref=ref_of(body), body=body) for body in bodies]
    texts = "---\n".join([definition(), gadget("one")])
    return made + ([*parse_all(texts).checked().manifests] if story.defines else [])
