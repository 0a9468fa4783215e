"""Many stacks under one agent, what an outsider sees of them, and the sizes the proofs come in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from attrs import field, frozen

from brokkr_core.apply.outcomes import OUTDATED
from brokkr_core.model.broker import DeploymentObject, Stack
from brokkr_core.model.json import as_text, dig
from brokkr_core.model.wire import DEPLOYMENT_OBJECT, STACK
from brokkr_core.rollback import SecretStore
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.store import Event
from stage_support import Play, config_map, playing, wait_for

T = TypeVar("T")

#: What the event of a revision says that was given up because of a newer one.
_GIVEN_UP = f" {OUTDATED}: "

#: Set by ``nox -s soak``: the same tests with the sizes that are worth a claim.
LONG = bool(os.environ.get("BROKKR_SOAK"))

#: Where chance begins; the soak takes another seed from the environment.
SEED = int(os.environ.get("BROKKR_SOAK_SEED", "1"))

#: How long the whole of a proof may take until everything has converged, in seconds; above it, it never will.
CONVERGE_SECONDS = 1800.0 if LONG else 90.0


def sized(*, short: T, long: T) -> T:
    """Choose the size of a proof."""
    return long if LONG else short


@frozen(kw_only=True)
class Seen:
    """One committed change of an object that carries the mark of a revision."""

    stack: str
    revision: str
    what: str  #: name of the object
    gone: bool = False


class History:
    """Every change of a stack's ConfigMaps in the order the cluster committed them, whoever asked for it.

    Args:
        play: the stage; from now on everything is written down.
    """

    def __init__(self, play: Play) -> None:
        self._seen: list[Seen] = []
        play.stage.embedded.cluster.add_reactor(self._note)

    def _note(self, _core: Core, event: Event) -> None:
        marks = dig(event.body, "metadata", "annotations")
        stack, revision = as_text(dig(marks, STACK)), as_text(dig(marks, DEPLOYMENT_OBJECT))
        if stack and revision and event.body.get("kind") == "ConfigMap":
            name = as_text(dig(event.body, "metadata", "name"))
            self._seen.append(Seen(stack=stack, revision=revision, what=name, gone=event.type == "DELETED"))

    def __len__(self) -> int:
        return len(self._seen)

    def __iter__(self) -> Iterator[Seen]:
        return iter(list(self._seen))

    def of(self, stack: Stack) -> list[Seen]:
        """The changes of one stack."""
        return [one for one in self if one.stack == stack.id]


@frozen(kw_only=True)
class Line:
    """One stack and what was posted to it, oldest first."""

    stack: Stack
    name: str
    posted: list[DeploymentObject] = field(factory=list)

    @property
    def newest(self) -> DeploymentObject:
        """What it has to be in the end."""
        return self.posted[-1]


class Fleet:
    """Several stacks under one agent; each revision changes an object, adds one and lets one leave.

    Args:
        play: the stage.
        size: how many stacks.
        slow: let each revision roll a Deployment out, too, so that no attempt ends before a second is over.
    """

    def __init__(self, play: Play, size: int, *, slow: bool = False) -> None:
        self.play = play
        self.history = History(play)
        self._slow = slow
        self.lines = [Line(stack=play.add_stack(f"s{n}"), name=f"s{n}") for n in range(size)]

    def post(self, line: Line) -> DeploymentObject:
        """Post the next revision of a stack."""
        revision = len(line.posted) + 1
        text = text_of(line.name, revision) + (rollout_of(line.name, revision) if self._slow else "")
        posted = self.play.post(text, stack=line.stack)
        line.posted.append(posted)
        return posted

    def post_all(self) -> None:
        """Post the next revision of every stack."""
        for line in self.lines:
            self.post(line)

    def events(self) -> Counter[tuple[str, str]]:
        """How often the broker was told what, by revision and status; its own word, whether it listens or not."""
        told = tuple(self.play.stage.broker.state.events.all())
        return Counter((row.deployment_object_id, row.status) for row in told)

    def overtaken(self) -> set[str]:
        """The revisions whose failure was told because of a newer one of their stack; never the newest itself."""
        newest = {line.newest.id for line in self.lines if line.posted}
        rows = tuple(self.play.stage.broker.state.events.all())
        outdated = {
            row.deployment_object_id for row in rows if row.status == "FAILURE" and _GIVEN_UP in str(row.message)
        }
        return outdated - newest

    def written(self) -> set[str]:
        """The revisions that the cluster has seen anything of."""
        return {one.revision for one in self.history if not one.gone}

    @contextmanager
    def until_written(self, count: int) -> Iterator[None]:
        """At the end of the block, wait until the cluster has committed so many changes since its beginning."""
        wanted = len(self.history) + count
        yield
        wait_for(lambda: len(self.history) >= wanted, f"{count} changes; log:\n{self.play.log[-6000:]}")

    def converged(self) -> bool:
        """Whether the broker was told of the newest revision of every stack."""
        told = self.events()
        return all(told[(line.newest.id, "SUCCESS")] for line in self.lines if line.posted)

    def converge(self) -> None:
        """Wait until it has."""
        wait_for(self.converged, f"every stack to converge; log:\n{self.play.log[-6000:]}", seconds=CONVERGE_SECONDS)


def text_of(name: str, revision: int) -> str:
    """Write a revision: an object that changes, and one that stands for this revision alone."""
    return config_map(f"{name}-kept", revision=str(revision)) + config_map(
        f"{name}-r{revision}", revision=str(revision)
    )


def rollout_of(name: str, revision: int) -> str:
    """Write a Deployment that every revision rolls out anew."""
    labels = f"app: {name}, revision: '{revision}'"
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: default}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n"
        "    spec: {containers: [{name: web, image: fine}]}\n"
    )


def check_order(fleet: Fleet) -> None:
    """Never was an older revision written after a newer one of the same stack: the cluster's word, not ours."""
    for line in fleet.lines:
        place = {posted.id: number for number, posted in enumerate(line.posted)}
        written = [place[one.revision] for one in fleet.history.of(line.stack) if not one.gone]
        assert written == sorted(written), f"{line.name}: revisions were written in the order {written}"


def check_end(fleet: Fleet) -> None:
    """Every stack is as its newest revision wants it, with nothing else left, and no run is left unfinished."""
    play = fleet.play
    live = {
        name: body
        for (_, plural, namespace, name), body in play.stage.embedded.cluster.objects().items()
        if (plural, namespace) == ("configmaps", "default") and dig(body, "metadata", "annotations", STACK)
    }
    wanted = {name: line for line in fleet.lines for name in (f"{line.name}-kept", f"{line.name}-r{len(line.posted)}")}
    assert live.keys() == wanted.keys()
    for name, line in wanted.items():
        assert dig(live[name], "data", "revision") == str(len(line.posted)), name
        assert dig(live[name], "metadata", "annotations", DEPLOYMENT_OBJECT) == line.newest.id, name
    journals = SecretStore(play.stage.cluster, namespace="default", owner_id=play.agent_id)
    assert [one.name for one in journals.found() if not one.ended] == []


def check_events(fleet: Fleet, *, failures: bool = False) -> None:
    """One terminal event per attempt: nothing is told twice, and success of every newest revision.

    Args:
        fleet: whose.
        failures: whether attempts could fail, as they do without a cluster; the failure of a revision is told once.
            Those that a newer revision overtook always can.
    """
    told = fleet.events()
    assert [one for one, count in told.items() if count > 1] == [], "something was told twice"
    overtaken = fleet.overtaken()
    assert (
        failures or [revision for revision, status in told if status != "SUCCESS" and revision not in overtaken] == []
    )
    done = {revision for revision, status in told if status == "SUCCESS"}
    assert {line.newest.id for line in fleet.lines} <= done
    assert done <= fleet.written(), "success was told of what was never written"


def post_interleaved(fleet: Fleet, revisions: int, random: Random) -> None:
    """Post in a random order, and in random batches with a random part of their work between them.

    Args:
        fleet: to whom.
        revisions: of each stack.
        random: the dice.
    """
    order = [line for line in fleet.lines for _ in range(revisions)]
    random.shuffle(order)
    while order:
        size = random.randint(1, max(2, len(fleet.lines) // 2))
        with fleet.until_written(random.randint(0, 2)):
            for line in order[:size]:
                fleet.post(line)
        del order[:size]


@contextmanager
def fleet_of(
    folder: Path,
    size: int,
    settings: Mapping[str, str | float] | None = None,
    *,
    start: bool = True,
    slow: bool = False,
) -> Iterator[Fleet]:
    """Set a stage up with an agent and a fleet."""
    with playing(folder, settings, start=False) as play:
        fleet = Fleet(play, size, slow=slow)
        play.activate()
        if start:
            play.start()
        yield fleet
