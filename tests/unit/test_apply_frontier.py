"""Objects are handed out when their turn has come, once, and a failure blocks exactly what hangs on it."""

from __future__ import annotations

from brokkr_core.apply.frontier import Frontier
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.ref import ObjectRef
from engine_support import a_ref, live, wanted


def edge(before: str, after: str, *, hard: bool = True, because: str = "it says so") -> Edge:
    return Edge(before=a_ref(before), after=a_ref(after), kind=EdgeKind.DEPENDS_ON, hard=hard, because=because)


def frontier(names: str, *edges: Edge) -> Frontier:
    return Frontier(Plan(manifests=tuple(wanted(live(name=name)) for name in names), edges=edges))


def names(refs: list[ObjectRef]) -> str:
    return "".join(ref.name for ref in refs)


def test_roots_come_first_in_plan_order_and_only_once() -> None:
    found = frontier("abc", edge("a", "c"))

    assert names(found.take()) == "ab"
    assert found.take() == []


def test_an_object_comes_when_the_last_it_waits_for_is_done() -> None:
    found = frontier("abc", edge("a", "c"), edge("b", "c"))
    found.take()
    found.succeed(a_ref("a"))
    assert found.take() == []
    found.succeed(a_ref("b"))

    assert names(found.take()) == "c"


def test_two_reasons_for_the_same_order_count_as_one() -> None:
    found = frontier("ab", edge("a", "b"), edge("a", "b", because="and so does this"))
    found.take()
    found.succeed(a_ref("a"))

    assert names(found.take()) == "b"


def test_a_failure_blocks_its_hard_dependents_with_the_way_back() -> None:
    found = frontier("abcd", edge("a", "b"), edge("b", "c"))
    found.take()
    blocked = found.fail(a_ref("a"))

    assert [(one.ref.name, [step.before.name for step in one.chain]) for one in blocked] == [
        ("b", ["a"]),
        ("c", ["b", "a"]),
    ]
    assert found.take() == []
    assert found.untouched == []


def test_a_failure_only_releases_what_merely_preferred_to_come_later() -> None:
    found = frontier("ab", edge("a", "b", hard=False))
    found.take()

    assert found.fail(a_ref("a")) == []
    assert names(found.take()) == "b"


def test_a_blocked_object_also_releases_what_preferred_to_come_after_it() -> None:
    found = frontier("abc", edge("a", "b"), edge("b", "c", hard=False))
    found.take()
    found.fail(a_ref("a"))

    assert names(found.take()) == "c"


def test_an_object_is_blocked_by_the_first_failure_only() -> None:
    found = frontier("abc", edge("a", "c"), edge("b", "c"))
    found.take()

    assert [one.ref.name for one in found.fail(a_ref("a"))] == ["c"]
    assert found.fail(a_ref("b")) == []


def test_what_nobody_took_is_named() -> None:
    found = frontier("abc", edge("a", "b"))
    found.take()

    assert names(found.untouched) == "b"
