"""The agent is killed at every single write, its journal's own included, before and after the cluster takes it.

Whoever starts next puts the run back exactly, or goes on to exactly what an undisturbed run leaves. The oracle is
everything on the cluster: values, owners and identity of every object, and what the stack is said to own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import evolve, frozen

from brokkr_agent.reconcile import Revision
from brokkr_agent.rules import AfterCrash, Rules
from brokkr_core.rollback import Verdict
from brokkr_core.testing.cluster import Moment
from crash_support import Doomed, Seen
from proof_support import sized
from prune_support import CRD, RULES, WIDGET
from stage_support import config_map

#: Changes of the longest story, and creations: ``nox -s soak`` kills at more writes, each like those before it.
MANY = sized(short=3, long=6)

MOMENTS = list(Moment)
ONE_AT_A_TIME = evolve(RULES, apply=evolve(RULES.apply, workers=1))
IMPATIENT = evolve(RULES, apply=evolve(RULES.apply, workers=1, ready_timeout_seconds=0.05))

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: default}}\nstringData: {{a: '{a}'}}\n"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "web:1"}]}
"""


def inner(name: str) -> str:
    return config_map(name, a="1").replace("namespace: default", "namespace: lab")


@frozen(kw_only=True)
class Story:
    """Two revisions of a stack: the first stands, the second is interrupted."""

    first: tuple[str, ...]
    second: tuple[str, ...]


STORIES = {
    "a namespace, a definition and what is in them": Story(
        first=(config_map("kept", a="1"), config_map("changed", a="1", b="2")),
        second=(NAMESPACE, inner("inside"), CRD, WIDGET, config_map("kept", a="1"), config_map("changed", a="2")),
    ),
    "changes, creations and something that leaves": Story(
        first=(config_map("changed", a="1"), SECRET.format(name="key", a="1"), config_map("leaves", a="1")),
        second=(config_map("changed", a="2", c="3"), SECRET.format(name="key", a="2"), config_map("new", a="1")),
    ),
    "the first revision": Story(first=(), second=(config_map("one", a="1"), SECRET.format(name="key", a="1"))),
    "as many changes as creations": Story(
        first=tuple(config_map(f"n{number}", a="1") for number in range(MANY)),
        second=(
            *(config_map(f"n{number}", a="2", b=str(number)) for number in range(MANY)),
            *(config_map(f"m{number}", a="1") for number in range(MANY)),
        ),
    ),
}


def begun(story: Story) -> Doomed:
    doomed = Doomed()
    if story.first:
        assert doomed.deploy(doomed.revision(*story.first)).ok
    return doomed


@frozen(kw_only=True)
class Crash:
    """A cluster whose agent was killed in the middle of the second revision."""

    place: str
    doomed: Doomed
    before: Seen  #: what the first revision had left
    over: bool  #: whether the run had committed, so that only its prune may be left

    def again(self, story: Story, *more: str) -> Revision:
        """The second revision once more, with further objects if wanted."""
        self.doomed.revisions -= 1
        return self.doomed.revision(*story.second, *more)


def crashes(story: Story, moment: Moment, *more: str, rules: Rules = ONE_AT_A_TIME) -> Iterator[Crash]:
    """Kill the second revision at its first write, its second, and so on, until it gets through."""
    write = 0
    while True:
        write += 1
        doomed = begun(story)
        before, revision = doomed.seen(), doomed.revision(*story.second, *more)
        if not doomed.die(revision, write=write, moment=moment, rules=rules):
            break
        place = f"killed {moment.value} of write {write}"
        yield Crash(place=place, doomed=doomed, before=before, over=doomed.committed(revision))
    assert write > len(story.second), "it has to die at every write of an object, and at those of the journal"


def clean(story: Story) -> Seen:
    """What an undisturbed run leaves."""
    doomed = begun(story)
    assert doomed.deploy(doomed.revision(*story.second)).ok
    return doomed.seen()


def each_story(test: Callable[[Story, Moment], None]) -> Callable[[Story, Moment], None]:
    with_moments = pytest.mark.parametrize("moment", MOMENTS, ids=str)(test)
    return pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)(with_moments)


@each_story
def test_a_run_that_was_killed_is_put_back_exactly(story: Story, moment: Moment) -> None:
    for crash in crashes(story, moment):
        found, _ = crash.doomed.recover(AfterCrash.ROLLBACK)
        verdicts = [one.undone.verdict for one in found if one.undone]

        assert crash.doomed.open_journals() == [], crash.place
        assert not (crash.over and verdicts), f"{crash.place}: what had committed only goes forward"
        assert all(verdict in (Verdict.VERIFIED_EXACT, Verdict.NOT_NEEDED) for verdict in verdicts), (
            crash.place,
            found,
        )
        assert crash.over or crash.doomed.seen() == crash.before, crash.place


@each_story
def test_a_run_that_was_killed_is_gone_on_with_to_the_same_end(story: Story, moment: Moment) -> None:
    wanted = clean(story)
    for crash in crashes(story, moment):
        _, target = crash.doomed.recover(AfterCrash.RESUME)
        report = crash.doomed.deploy(crash.again(story), target=target)

        assert report.ok, crash.place
        assert crash.doomed.open_journals() == [], crash.place
        assert crash.doomed.seen().values() == wanted.values(), crash.place


@each_story
def test_what_was_gone_on_with_is_put_back_to_before_the_first_run_when_it_fails(story: Story, moment: Moment) -> None:
    """The next revision never gets ready: then neither of the two runs has left anything."""
    for crash in crashes(story, moment):
        if crash.over:
            continue
        _, target = crash.doomed.recover(AfterCrash.RESUME)
        report = crash.doomed.deploy(crash.again(story, DEPLOYMENT), target=target, rules=IMPATIENT)

        assert not report.ok, crash.place
        assert report.verdict == Verdict.VERIFIED_EXACT, (crash.place, report.restored)
        assert crash.doomed.seen() == crash.before, crash.place


@each_story
def test_a_rollback_that_was_killed_is_brought_to_its_end(story: Story, moment: Moment) -> None:
    """The revision fails and is being put back when the agent is killed."""
    for crash in crashes(story, moment, DEPLOYMENT, rules=IMPATIENT):
        found, _ = crash.doomed.recover(AfterCrash.ROLLBACK)
        verdicts = [one.undone.verdict for one in found if one.undone]
        seen = crash.doomed.seen()

        assert crash.doomed.open_journals() == [], crash.place
        assert set(verdicts) <= {Verdict.VERIFIED_EXACT}, (crash.place, found)
        assert seen == crash.before, crash.place
