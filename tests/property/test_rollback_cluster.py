"""No false certificate: random bundles on a random cluster, random writers between the run and its undoing.

The oracle reads the whole cluster: values and owners of everything, before and after.
"""

from __future__ import annotations

import json

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan
from brokkr_core.apply.difference.paths import comparable, ownership
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_object, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.ordering import order
from brokkr_core.rollback import MemoryJournal, Undone, UndoPolicy, Verdict, undo
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import everything

AT_ONCE = UndoPolicy(settle_timeout_seconds=0.0, stability_seconds=0.0, poll_seconds=0.01)
OURS = ApplyPolicy(conflicts=Conflicts.TAKE, wait=False, workers=2)
THEIRS = "somebody-else"
UPDATER = "kubectl-edit"

NAMES = ("a", "b", "c")
#: Which kinds a bundle is made of, and where a random map of texts goes in them.
KINDS: dict[str, tuple[str, str]] = {
    "ConfigMap": ("v1", "data"),
    "Secret": ("v1", "data"),
    "Deployment": ("apps/v1", "template"),
}

words = st.sampled_from(["MQ==", "Mg==", "Mw=="])
texts = st.dictionaries(st.sampled_from(["k", "app.properties", "x"]), words, max_size=3)
extras = st.dictionaries(st.sampled_from(["one", "example.com/two"]), st.sampled_from(["1", "2"]), max_size=2)
keys = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(NAMES))


@frozen(kw_only=True)
class Write:
    """Something a person or a controller does to an object of the bundle."""

    how: str
    kind: str
    name: str
    values: dict[str, str]


@st.composite
def manifests(draw: st.DrawFn) -> dict[tuple[str, str], JsonObject]:
    chosen = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    return {key: body_of(*key, values=draw(texts), labels=draw(extras), annotations=draw(extras)) for key in chosen}


def writes(targets: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[list[Write]]:
    hows = st.sampled_from(["apply", "force", "update", "delete", "replace"])
    one = st.builds(
        lambda how, key, values: Write(how=how, kind=key[0], name=key[1], values=values), hows, targets, texts
    )
    return st.lists(one, max_size=4)


@frozen(kw_only=True)
class Story:
    """What stands there, what others did to it, what the run makes of it, and what others do before it is undone."""

    first: dict[tuple[str, str], JsonObject]
    before_run: list[Write]
    second: dict[tuple[str, str], JsonObject]
    after_run: list[Write]


@st.composite
def stories(draw: st.DrawFn, *, disturbed: bool) -> Story:
    first, second = draw(manifests()), draw(manifests())
    theirs = st.sampled_from(sorted({*first, *second}))
    return Story(
        first=first,
        before_run=draw(writes(theirs)),
        second=second,
        after_run=draw(writes(st.sampled_from(sorted(second)))) if disturbed else [],
    )


def body_of(
    kind: str,
    name: str,
    *,
    values: dict[str, str],
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> JsonObject:
    api_version, member = KINDS[kind]
    metadata: JsonObject = {"name": name, "namespace": "default"}
    metadata |= {"labels": {**labels}} if labels else {}
    metadata |= {"annotations": {**annotations}} if annotations else {}
    body: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    if member == "data":
        return body | ({"data": {**values}} if values else {})
    variables: list[Json] = [{"name": key.upper().replace(".", "_"), "value": value} for key, value in values.items()]
    container: JsonObject = {"name": "main", "image": f"app:{len(values)}"} | ({"env": variables} if variables else {})
    pod: JsonObject = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return body | {"spec": {"selector": {"matchLabels": {"app": name}}, "template": pod}}


class World:
    """A cluster, the engine's way into it, and what others do to it."""

    def __init__(self) -> None:
        self.cluster = EmbeddedCluster()
        self.transport = self.cluster.transport()
        self.client = KubeClient(self.transport)

    def state(self) -> dict[ObjectRef, JsonObject]:
        """What everything is and who owns it, uid included."""
        return everything(
            self.client,
            lambda body: {
                **comparable(body),
                "uid": dig(body, "metadata", "uid"),
                "owners": [list(one) for one in ownership(body)],
            },
        )

    def run(self, bodies: dict[tuple[str, str], JsonObject], journal: MemoryJournal) -> None:
        plan = order(Manifest(ref=ref_of(body), body=body) for body in bodies.values())
        assert apply_plan(self.client, plan, policy=OURS, recorder=journal).ok

    def put_back(self, journal: MemoryJournal) -> Undone:
        return undo(self.client, journal.entries(), policy=AT_ONCE, sleep=lambda _seconds: None)

    def write(self, write: Write) -> None:
        """Do what somebody else does; what the cluster refuses does not happen."""
        body = body_of(write.kind, write.name, values=write.values)
        path = self.client.resource(ref_of(body)).path(namespace="default", name=write.name)
        live = self.client.find(ref_of(body))
        if write.how in ("apply", "force"):
            query = {"fieldManager": THEIRS, "force": "true" if write.how == "force" else "false"}
            self._send("PATCH", path, body, query=query, content_type="application/apply-patch+yaml")
        elif write.how == "update" and live is not None:
            edited = {**live, **{key: body[key] for key in ("data",) if key in body}}
            edited = {**edited, "metadata": {**as_object(live["metadata"]), "labels": {"edited": "yes"}}}
            self._send("PUT", path, edited, query={"fieldManager": UPDATER})
        elif write.how in ("delete", "replace"):
            self._send("DELETE", path, {})
            if write.how == "replace":
                self._send("POST", path.rpartition("/")[0], body, query={"fieldManager": UPDATER})

    def _send(
        self,
        method: str,
        path: str,
        body: JsonObject,
        *,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        headers = {"content-type": content_type}
        request = Request(method=method, path=path, query=query or {}, headers=headers, body=json.dumps(body).encode())
        self.transport.send(request, timeout_seconds=5.0)


def played(story: Story) -> tuple[World, dict[ObjectRef, JsonObject], MemoryJournal]:
    """Play a story up to the undoing; return the state before the run and the run's record as well."""
    world = World()
    world.run(story.first, MemoryJournal())
    for write in story.before_run:
        world.write(write)
    before, journal = world.state(), MemoryJournal()
    world.run(story.second, journal)
    for write in story.after_run:
        world.write(write)
    return world, before, journal


@given(story=stories(disturbed=False))
def test_when_nobody_else_writes_the_whole_cluster_is_back_exactly(story: Story) -> None:
    world, before, journal = played(story)
    undone = world.put_back(journal)

    assert world.state() == before
    assert undone.verdict in (Verdict.VERIFIED_EXACT, Verdict.NOT_NEEDED), [str(one) for one in undone.findings]


@given(story=stories(disturbed=True))
def test_exact_is_only_said_when_everything_the_run_touched_is_as_it_was(story: Story) -> None:
    world, before, journal = played(story)
    undone = world.put_back(journal)
    after = world.state()

    touched = [entry.ref for entry in journal.entries()]
    if undone.verdict is Verdict.VERIFIED_EXACT:
        assert {ref: after.get(ref) for ref in touched} == {ref: before.get(ref) for ref in touched}
    if undone.verdict is Verdict.VERIFIED_EQUIVALENT:
        assert [ref for ref in touched if ref in after] == [ref for ref in touched if ref in before]


@given(story=stories(disturbed=True))
def test_a_second_undoing_finds_nothing_left_to_do(story: Story) -> None:
    world, _, journal = played(story)
    world.put_back(journal)
    once = world.state()
    world.put_back(journal)

    assert {ref: {**body, "owners": []} for ref, body in world.state().items()} == {
        ref: {**body, "owners": []} for ref, body in once.items()
    }


@given(second=manifests(), values=texts, name=st.sampled_from(NAMES))
def test_what_others_wrote_after_the_run_is_still_there(
    second: dict[tuple[str, str], JsonObject], values: dict[str, str], name: str
) -> None:
    world = World()
    world.run({("ConfigMap", name): body_of("ConfigMap", name, values={"k": "MQ=="})}, MemoryJournal())
    journal = MemoryJournal()
    world.run({**second, ("ConfigMap", name): body_of("ConfigMap", name, values={"k": "Mg==", "x": "Mg=="})}, journal)
    theirs = dict.fromkeys(values, "theirs")
    world.write(Write(how="force", kind="ConfigMap", name=name, values=theirs))
    undone = world.put_back(journal)

    data = as_object(dig(world.client.find(ref_of(body_of("ConfigMap", name, values={}))), "data"))
    assert {key: as_text(data.get(key)) for key in theirs} == theirs
    assert undone.verdict is not Verdict.VERIFIED_EXACT or not theirs
