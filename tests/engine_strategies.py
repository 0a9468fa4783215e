"""Random states of objects, random plans: what the engine's properties are tried on."""

from __future__ import annotations

from typing import cast

from attrs import frozen
from hypothesis import strategies as st

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from engine_support import a_ref, live, wanted

scalars: st.SearchStrategy[Json] = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", "x"])

#: Any JSON, small, with few keys so that two draws often meet.
anything: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "a", "a.b", "status"]), inner, max_size=3)
    ),
    max_leaves=8,
)

leaves: st.SearchStrategy[Json] = st.sampled_from(["1", "2", "3", 1, True, None]) | cast(
    "st.SearchStrategy[Json]", st.lists(st.sampled_from(["1", "2"]), max_size=2)
)
text_maps = st.dictionaries(st.sampled_from(["a", "b", "a.b", "x/y"]), st.sampled_from(["1", "2", "3"]), max_size=3)


@st.composite
def bodies(draw: st.DrawFn) -> JsonObject:
    """Draw a state of one object; every member has the same type in every state, as the API server sees to it."""
    metadata: JsonObject = {}
    for member in ("labels", "annotations"):
        if draw(st.booleans()):
            metadata[member] = cast("Json", draw(text_maps.filter(bool)))  # the server keeps no empty ones
    spec = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "size": leaves,
                "items": leaves,
                "inner": st.fixed_dictionaries(
                    {}, optional={"a": leaves, "deep": st.fixed_dictionaries({}, optional={"b": leaves, "c": leaves})}
                ),
                "map": text_maps,
            },
        )
    )
    return live("Gadget", api_version="example.com/v1", metadata=metadata, spec=cast("Json", spec))


@frozen(kw_only=True)
class Course:
    """A plan, which of its objects fail, and in which order the workers happen to finish."""

    plan: Plan
    failing: frozenset[str]
    dice: tuple[int, ...]


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Draw a plan without circles and what becomes of it."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    chosen = draw(st.lists(st.tuples(st.sampled_from(pairs), st.booleans()), max_size=20)) if pairs else []
    edges = tuple(
        Edge(before=a_ref(one), after=a_ref(other), kind=EdgeKind.DEPENDS_ON, hard=hard, because=f"{number}")
        for number, ((one, other), hard) in enumerate(chosen)
    )
    return Course(
        plan=Plan(manifests=tuple(wanted(live(name=name)) for name in names), edges=edges),
        failing=frozenset(draw(st.lists(st.sampled_from(names)))),
        dice=tuple(draw(st.lists(st.integers(0, 100), min_size=len(names), max_size=len(names)))),
    )
