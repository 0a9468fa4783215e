"""Whatever stands in the cluster and in the inventory: a prune deletes only what is certainly ours and in budget.

Between the look and the deletion others write. The oracle reads the whole cluster just before and after the deletion.
"""

from __future__ import annotations

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import (
    Entry,
    Inventory,
    PrunePolicy,
    Pruner,
    PruneRefusedError,
    StackKey,
    check_budget,
    leaving,
    survey,
)
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_list, as_text, dig, text_map
from brokkr_core.model.outcome import Action, Outcome
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.model.wire import OWNER, PRUNE, STACK
from brokkr_core.testing.cluster import EmbeddedCluster

KEY = StackKey(stack_id="stack", owner_id="us")
KINDS = ("ConfigMap", "Secret", "ServiceAccount", "Namespace", "PersistentVolumeClaim")
BOSS = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="default", name="boss")


@frozen(kw_only=True)
class Thing:
    """An object of the cluster, as somebody writes it."""

    ref: ObjectRef
    owner: str
    stack: str
    prune: str
    owned: bool


@frozen(kw_only=True)
class Story:
    """What stands there, what the inventory says, what is wanted, and what others do in between."""

    things: tuple[Thing, ...]
    entries: tuple[tuple[ObjectRef, str], ...]  #: with what is known of the uid: right, wrong or nothing
    desired: tuple[ObjectRef, ...]
    meddling: tuple[tuple[str, Thing], ...]
    policy: PrunePolicy


refs = st.builds(
    lambda kind, number: ObjectRef(
        group="",
        version="v1",
        kind=kind,
        namespace="" if kind == "Namespace" else "default",
        name=f"{kind.lower()}-{number}",
    ),
    st.sampled_from([*KINDS, "ConfigMap", "Secret", "ServiceAccount"]),
    st.integers(0, 4),
)
certain = st.builds(
    Thing, ref=refs, owner=st.just("us"), stack=st.just("stack"), prune=st.just(""), owned=st.just(False)
)
doubtful = st.builds(
    Thing,
    ref=refs,
    owner=st.sampled_from(["us", "us", "them", ""]),
    stack=st.sampled_from(["stack", "stack", "other", ""]),
    prune=st.sampled_from(["", "disabled", "enabled"]),
    owned=st.booleans(),
)
things = st.one_of(certain, doubtful, certain)
quick = PrunePolicy(workers=2, gone_timeout_seconds=1.0, poll_seconds=0.01)
generous = st.builds(lambda protected: evolve(quick, protected=protected), st.sampled_from([PROTECTED, frozenset()]))
tight = st.builds(
    lambda objects, percent, small: evolve(quick, max_objects=objects, max_percent=percent, small=small),
    st.integers(0, 4),
    st.sampled_from([0.0, 30.0, 50.0]),
    st.integers(0, 2),
)


@st.composite
def stories(draw: st.DrawFn, *, policies: st.SearchStrategy[PrunePolicy] = generous) -> Story:
    present = draw(st.lists(things, min_size=4, max_size=10, unique_by=lambda one: one.ref))
    known = {one.ref: None for one in [*present, *draw(st.lists(things, max_size=2))]}
    uid = st.sampled_from(["right", "right", "right", "wrong", "nothing", "not in it"])
    entries = [(ref, said) for ref, said in ((ref, draw(uid)) for ref in known) if said != "not in it"]
    wanted = draw(st.lists(st.sampled_from([*known]), min_size=1, max_size=3, unique=True))
    others = st.builds(lambda thing, ref: evolve(thing, ref=ref), doubtful, st.sampled_from([*known]))
    change = st.tuples(st.sampled_from(["edit", "edit", "replace", "delete"]), others)
    return Story(
        things=tuple(present),
        entries=tuple(entries),
        desired=tuple(evolve(ref, version="v1beta9") for ref in wanted),
        meddling=tuple(draw(st.lists(change, min_size=1, max_size=4))),
        policy=draw(policies),
    )


class World:
    """A cluster in which things are written by hand."""

    def __init__(self) -> None:
        self.client = KubeClient(EmbeddedCluster().transport())
        self.client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": _place(BOSS)}, BOSS, manager="them")
        self.boss = self.uid(BOSS)

    def state(self) -> dict[ObjectRef, JsonObject]:
        resources = (self.client.resource(evolve(BOSS, kind=kind)) for kind in KINDS)
        return {ref_of(body): body for resource in resources for body in self.client.list(resource)}

    def uid(self, ref: ObjectRef) -> str:
        return as_text(dig(self.client.find(ref), "metadata", "uid"))

    def write(self, thing: Thing) -> None:
        annotations: JsonObject = {OWNER: thing.owner, STACK: thing.stack, PRUNE: thing.prune}
        metadata: JsonObject = {**_place(thing.ref), "annotations": {k: v for k, v in annotations.items() if v}}
        if thing.owned and thing.ref.namespace:
            boss: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "name": BOSS.name, "uid": self.boss}
            metadata["ownerReferences"] = [boss]
        body: JsonObject = {"apiVersion": "v1", "kind": thing.ref.kind, "metadata": metadata}
        if thing.ref.kind == "PersistentVolumeClaim":
            body["spec"] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        self.client.apply(body, thing.ref, manager="somebody", force=True)

    def delete(self, ref: ObjectRef) -> None:
        uid = self.uid(ref)
        if uid:
            self.client.delete(ref, uid=uid)

    def meddle(self, how: str, thing: Thing) -> None:
        if how in ("replace", "delete"):
            self.delete(thing.ref)
        if how in ("replace", "edit"):
            self.write(thing)

    def inventory(self, story: Story) -> Inventory:
        uids = {ref: {"right": self.uid(ref), "wrong": "another", "nothing": ""}[what] for ref, what in story.entries}
        return Inventory(entries=tuple(sorted(Entry(ref=ref, uid=uid) for ref, uid in uids.items())))


def _place(ref: ObjectRef) -> JsonObject:
    return {"name": ref.name, **({"namespace": ref.namespace} if ref.namespace else {})}


@frozen(kw_only=True)
class Pruned:
    """A prune as it was seen from outside."""

    before: dict[ObjectRef, JsonObject]
    after: dict[ObjectRef, JsonObject]
    inventory: Inventory
    outcomes: tuple[Outcome, ...]

    @property
    def deleted(self) -> list[ObjectRef]:
        """What was there and is not, content of namespaces included."""
        uids = {ref: dig(body, "metadata", "uid") for ref, body in self.after.items()}
        return [ref for ref, body in self.before.items() if uids.get(ref) != dig(body, "metadata", "uid")]


def prune(story: Story) -> Pruned | None:
    """Play a story; None when the prune was refused."""
    world = World()
    for thing in story.things:
        world.write(thing)
    inventory = world.inventory(story)
    gone = survey(world.client, KEY, leaving(inventory, story.desired), desired=story.desired, policy=story.policy)
    start = world.state()
    try:
        check_budget(gone, inventory, len(story.desired), story.policy)
    except PruneRefusedError:
        assert world.state() == start
        return None
    for how, thing in story.meddling:
        world.meddle(how, thing)
    before = world.state()
    outcomes = Pruner(world.client, KEY, policy=story.policy).run(gone)
    return Pruned(before=before, after=world.state(), inventory=inventory, outcomes=outcomes)


@given(stories())
def test_nothing_is_deleted_that_is_not_certainly_ours(story: Story) -> None:
    pruned = prune(story)
    if pruned is None:
        return
    uids = {entry.ref: entry.uid for entry in pruned.inventory.entries}
    for ref in pruned.deleted:
        metadata = pruned.before[ref]["metadata"]
        annotations = text_map(dig(metadata, "annotations"))

        assert ref in uids
        assert uids[ref] in ("", dig(metadata, "uid"))
        assert (annotations.get(OWNER), annotations.get(STACK)) == ("us", "stack")
        assert not as_list(dig(metadata, "ownerReferences"))
        assert annotations.get(PRUNE) != "disabled"
        assert ref.group_kind not in story.policy.protected
        assert ref not in story.desired


@given(stories(policies=tight))
def test_no_more_is_deleted_than_the_budget_allows(story: Story) -> None:
    pruned = prune(story)
    deleted = len(pruned.deleted) if pruned else 0

    assert deleted <= story.policy.max_objects
    if pruned and deleted > story.policy.small:
        assert 100.0 * deleted <= story.policy.max_percent * len(pruned.inventory.entries)


@given(stories())
def test_an_empty_revision_deletes_nothing(story: Story) -> None:
    pruned = prune(evolve(story, desired=()))

    assert pruned is None or pruned.deleted == []


@given(stories())
def test_every_object_that_left_has_one_outcome_and_it_is_true(story: Story) -> None:
    pruned = prune(story)
    if pruned is None:
        return
    left = leaving(pruned.inventory, story.desired)
    actions = {outcome.ref: outcome.action for outcome in pruned.outcomes}

    assert len(pruned.outcomes) == len(actions)
    assert set(actions) == {entry.ref for entry in left}
    assert {ref for ref, action in actions.items() if action is Action.PRUNED} >= set(pruned.deleted)
    assert set(actions.values()) <= {Action.PRUNED, Action.SKIPPED}
    for outcome in pruned.outcomes:
        if outcome.action is Action.SKIPPED:
            assert outcome.code
            assert outcome.message


@given(stories())
def test_what_is_certainly_ours_and_allowed_to_go_does_go(story: Story) -> None:
    """The other side of the promise: caution must not mean that nothing is ever deleted."""
    pruned = prune(evolve(story, meddling=()))
    if pruned is None:
        return
    for thing in story.things:
        known = {entry.ref: entry.uid for entry in pruned.inventory.entries}
        ours = (thing.owner, thing.stack) == ("us", "stack") and not (thing.owned and thing.ref.namespace)
        free = thing.prune != "disabled" and thing.ref.group_kind not in story.policy.protected
        meant = thing.ref in known and known[thing.ref] != "another" and thing.ref not in story.desired

        assert (thing.ref in pruned.deleted) is (ours and free and meant)
