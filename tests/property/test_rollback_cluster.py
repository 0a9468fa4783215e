"""What a rollback leaves to others, and that it has nothing to do when it is done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan
from brokkr_core.apply.difference.paths import comparable
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.ordering import order
from brokkr_core.rollback import MemoryJournal, Undone, UndoPolicy, Verdict, undo
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import everything
from world_support import NAMES, Bundle, Others, Write, body_of, keys, manifests, texts, writes

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.0, stability_seconds=0.0, poll_seconds=0.01)
OURS = ApplyPolicy(conflicts=Conflicts.TAKE, wait=False, workers=2)


class World:
    """A cluster, the engine's way into it, and somebody else."""

    def __init__(self) -> None:
        self.cluster = EmbeddedCluster()
        self.client = KubeClient(self.cluster.transport())
        self.others = Others(self.cluster)

    def state(self) -> dict[ObjectRef, JsonObject]:
        """What everything is, uid included."""
        return everything(self.client, lambda body: {**comparable(body), "uid": dig(body, "metadata", "uid")})

    def run(self, bodies: Bundle) -> MemoryJournal:
        journal = MemoryJournal()
        plan = order(Manifest(ref=ref_of(body), body=body) for body in bodies.values())
        assert apply_plan(self.client, plan, policy=OURS, recorder=journal).ok
        return journal

    def put_back(self, journal: MemoryJournal) -> Undone:
        return undo(self.client, journal.entries(), policy=AT_ONCE, sleep=lambda _seconds: None)


@given(first=manifests(), second=manifests(), theirs=st.lists(writes(keys), max_size=4))
def test_a_second_undoing_finds_nothing_left_to_do(first: Bundle, second: Bundle, theirs: list[Write]) -> None:
    world = World()
    world.run(first)
    journal = world.run(second)
    for write in theirs:
        world.others.write(write)
    world.put_back(journal)
    once = world.state()
    world.put_back(journal)

    assert world.state() == once


@given(second=manifests(), values=texts, name=st.sampled_from(NAMES))
def test_what_others_wrote_after_the_run_is_still_there(second: Bundle, values: dict[str, str], name: str) -> None:
    world = World()
    world.run({("ConfigMap", name): body_of("ConfigMap", name, values={"k": "MQ=="})})
    ours = body_of("ConfigMap", name, values={"k": "Mg==", "x": "Mg=="})
    journal = world.run({**second, ("ConfigMap", name): ours})
    theirs = dict.fromkeys(values, "theirs")
    world.others.write(Write(how="force", kind="ConfigMap", name=name, values=theirs))
    undone = world.put_back(journal)

    data = as_object(dig(world.client.find(ref_of(ours)), "data"))
    assert {key: as_text(data.get(key)) for key in theirs} == theirs
    assert undone.verdict is not Verdict.VERIFIED_EXACT or not theirs
