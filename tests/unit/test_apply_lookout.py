"""Keeping an eye on many objects: nothing that happened is lost, nothing unwanted is kept, and no thread stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from brokkr_core.apply.waiting.board import Board, Collection
from brokkr_core.apply.waiting.lookout import Lookout
from brokkr_core.apply.waiting.sight import Sight, light
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_support import ScriptedCluster, a_ref, client_over, listed, live, ok

ONE, TWO, OTHER = a_ref("one"), a_ref("two"), a_ref("other")
HERE = Collection.of(ONE)


def seen(name: str = "one", **data: str) -> Sight:
    return Sight(body=live(name=name, data={**data}))


def board(*wanted: ObjectRef) -> tuple[Board, list[int]]:
    woken: list[int] = []
    return Board(wanted, wake=lambda: woken.append(1)), woken


def test_what_is_seen_of_an_awaited_object_is_news_once() -> None:
    made, woken = board(ONE)
    made.expect(ONE)
    made.pin(ONE, seen())

    assert (made.take(), made.take(), len(woken)) == ({ONE: seen()}, {}, 1)


def test_what_is_seen_between_the_write_and_the_waiting_is_not_lost() -> None:
    made, woken = board(ONE)
    made.pin(ONE, seen(a="1"))
    assert (made.take(), woken) == ({}, [])

    made.expect(ONE)
    assert (made.take(), woken) == ({ONE: seen(a="1")}, [1])


def test_only_the_newest_sight_is_kept() -> None:
    made, _ = board(ONE)
    made.expect(ONE)
    made.pin(ONE, seen(a="1"))
    made.pin(ONE, seen(a="2"))

    assert made.take() == {ONE: seen(a="2")}


def test_what_nobody_wants_is_not_kept() -> None:
    made, woken = board(ONE, TWO)
    made.expect(ONE)
    made.expect(TWO)
    made.pin(OTHER, seen("other"))
    made.pin(ONE, seen())
    made.forget(ONE)
    made.pin(ONE, seen())

    assert (made.take(), len(woken)) == ({}, 1)
    assert (made.wanted(HERE), made.awaited(HERE)) == (frozenset({TWO}), frozenset({TWO}))


def test_a_kept_body_has_no_managed_fields() -> None:
    body = live(metadata={"managedFields": [{"manager": "x"}], "labels": {"a": "b"}})

    assert light(body) == live(metadata={"labels": {"a": "b"}})


class Watched:
    """A lookout over a cluster, and ways to wait for its calls."""

    def __init__(self, client: KubeClient, wanted: list[ObjectRef], most_watches: int) -> None:
        self._calls: SimpleQueue[None] = SimpleQueue()
        self.lookout = Lookout(
            client,
            wanted=wanted,
            wake=lambda: self._calls.put(None),
            poll_seconds=0.01,
            most_watches=most_watches,
        )

    def until(self, done: Callable[[dict[ObjectRef, Sight]], bool]) -> None:
        """Take news in until they satisfy."""
        known: dict[ObjectRef, Sight] = {}
        while not done(known):
            self._calls.get(timeout=10.0)
            known |= self.lookout.news()


@contextmanager
def watched(client: KubeClient, *wanted: ObjectRef, most_watches: int = 16) -> Iterator[Watched]:
    made = Watched(client, [*wanted], most_watches)
    try:
        yield made
    finally:
        made.lookout.close()
        assert [one.name for one in threading.enumerate() if one.name.startswith("watch")] == []


def put(client: KubeClient, ref: ObjectRef, **data: str) -> None:
    metadata: JsonObject = {"name": ref.name, "namespace": ref.namespace}
    client.apply({"apiVersion": "v1", "kind": ref.kind, "metadata": metadata, "data": {**data}}, ref, manager="tester")


def value(known: dict[ObjectRef, Sight], ref: ObjectRef) -> object:
    return dig(known[ref].body, "data", "a") if ref in known else None


def threads() -> set[str]:
    return {one.name for one in threading.enumerate() if one.name.startswith("watch")}


def test_collections_beyond_the_most_watches_are_looked_at_in_rounds() -> None:
    refs = [a_ref("one", namespace="default"), a_ref("one", "Secret", namespace="default")]
    client = KubeClient(EmbeddedCluster().transport())
    with watched(client, *refs, most_watches=1) as made:
        for ref in refs:
            put(client, ref)
            made.lookout.expect(ref)
        assert threads() == {"watch-ConfigMap", "watch-rounds"}
        made.until(lambda known: set(known) == set(refs))
        client.delete(refs[1], uid=str(dig(client.get(refs[1]), "metadata", "uid")))

        made.until(lambda known: refs[1] in known and known[refs[1]].gone)


def test_an_object_that_changes_and_ends_is_seen_to_change_and_end() -> None:
    ref = a_ref("one", namespace="default")
    client = KubeClient(EmbeddedCluster().transport())
    put(client, ref)
    with watched(client, ref) as made:
        made.lookout.expect(ref)
        made.until(lambda known: ref in known)
        put(client, ref, a="1")
        made.until(lambda known: value(known, ref) == "1")
        client.delete(ref, uid=str(dig(client.get(ref), "metadata", "uid")))

        made.until(lambda known: ref in known and known[ref].gone and known[ref].body is not None)


def test_an_object_that_is_not_there_is_gone() -> None:
    ref = a_ref("one", namespace="default")
    with watched(KubeClient(EmbeddedCluster().transport()), ref) as made:
        made.lookout.expect(ref)

        made.until(lambda known: ref in known and known[ref].gone)


def test_an_object_that_is_not_written_yet_is_not_gone() -> None:
    first, later = a_ref("first", namespace="default"), a_ref("later", namespace="default")
    client = KubeClient(EmbeddedCluster().transport())
    put(client, first)
    with watched(client, first, later) as made:
        made.lookout.expect(first)
        made.until(lambda known: first in known)
        put(client, later, a="1")
        made.lookout.expect(later)

        made.until(lambda known: value(known, later) == "1")


def test_the_last_object_of_a_collection_ends_its_watch() -> None:
    ref = a_ref("one", namespace="default")
    client = KubeClient(EmbeddedCluster().transport())
    put(client, ref)
    with watched(client, ref) as made:
        made.lookout.expect(ref)
        made.until(lambda known: ref in known)
        (thread,) = [one for one in threading.enumerate() if one.name == "watch-ConfigMap"]
        made.lookout.forget(ref)
        thread.join(timeout=5.0)

        assert not thread.is_alive()


def test_a_kind_that_discovery_shows_without_watch_is_never_watched() -> None:
    cluster = ScriptedCluster({"GET /api/v1/namespaces/shop/configmaps": listed(live(), live(name="two"))})
    with watched(client_over(cluster), ONE, TWO) as made:
        made.lookout.expect(ONE)
        made.lookout.expect(TWO)
        made.until(lambda known: set(known) == {ONE, TWO})

        assert [one for one in cluster.requests if "watch" in one.query] == []


def test_trouble_is_told_and_looking_goes_on() -> None:
    refused = ok({"kind": "Status", "status": "Failure"}, 500)
    path = "GET /api/v1/namespaces/shop/configmaps/one"
    with watched(client_over(ScriptedCluster({path: [refused, ok(live())]})), ONE) as made:
        made.lookout.expect(ONE)
        made.until(lambda known: ONE in known and known[ONE].trouble is not None)

        made.until(lambda known: ONE in known and known[ONE].body is not None)
