"""The verifier on trial: one thing wrong in a truly restored state, and the verdict is a worse one."""

from __future__ import annotations

import copy
from collections.abc import Callable

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from brokkr_core.apply.difference.paths import same
from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.model.wire import MANAGER
from brokkr_core.rollback import Entry, ObjectState, Predicates, Verdict, aggregate, verify
from engine_strategies import bodies
from engine_support import a_ref, live

OWNERS: list[Json] = [
    {"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:size": {}}}},
    {"manager": "b", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:items": {}}}},
]


def restored(body: JsonObject) -> JsonObject:
    """The same values and owners at a later version."""
    metadata: JsonObject = {
        **as_object(body["metadata"]),
        "resourceVersion": "9",
        "managedFields": copy.deepcopy(OWNERS),
    }
    return {**copy.deepcopy(body), "metadata": metadata}


def set_member(body: JsonObject, path: list[str], value: Json) -> None:
    place = body
    for name in path[:-1]:
        place = as_object(place[name])
    place[path[-1]] = value


def value_somewhere(draw: st.DrawFn, body: JsonObject) -> None:
    """Change, add or take away one value."""
    place, path = as_object(body["spec"]), ["spec"]
    for _ in range(draw(st.integers(0, 3))):
        if not place:
            break
        name = draw(st.sampled_from(sorted(place)))
        path.append(name)
        if not isinstance(place[name], dict):
            break
        place = as_object(place[name])
    holder: JsonObject = body
    for name in path[:-1]:
        holder = as_object(holder[name])
    if isinstance(holder[path[-1]], dict):
        as_object(holder[path[-1]])["new"] = "x"
    elif draw(st.booleans()):
        del holder[path[-1]]
    else:
        set_member(body, path, "something else")


def one_label(draw: st.DrawFn, body: JsonObject) -> None:
    member = draw(st.sampled_from(["labels", "annotations"]))
    metadata = as_object(body["metadata"])
    metadata[member] = {**as_object(metadata.get(member)), "new": "x"}


def another_uid(_draw: st.DrawFn, body: JsonObject) -> None:
    set_member(body, ["metadata", "uid"], "u2")


def deletion(_draw: st.DrawFn, body: JsonObject) -> None:
    set_member(body, ["metadata", "deletionTimestamp"], "now")


def finalizer(_draw: st.DrawFn, body: JsonObject) -> None:
    set_member(body, ["metadata", "finalizers"], ["x/y"])


def owner(draw: st.DrawFn, body: JsonObject) -> None:
    entry = as_object(draw(st.sampled_from(as_list(as_object(body["metadata"])["managedFields"]))))
    member = draw(st.sampled_from(["manager", "operation", "fieldsV1", "apiVersion", "subresource"]))
    entry[member] = {"f:other": {}} if member == "fieldsV1" else "other"


def one_owner_more(_draw: st.DrawFn, body: JsonObject) -> None:
    as_list(as_object(body["metadata"])["managedFields"]).append(
        {"manager": "c", "operation": "Update", "fieldsV1": {}}
    )


def one_owner_less(draw: st.DrawFn, body: JsonObject) -> None:
    entries = as_list(as_object(body["metadata"])["managedFields"])
    entries.pop(draw(st.integers(0, len(entries) - 1)))


#: What may be wrong, and the predicates of which at least one has to notice it.
MUTATIONS: dict[Callable[[st.DrawFn, JsonObject], None], str] = {
    value_somewhere: "values no_residue drift",
    one_label: "values no_residue drift",
    another_uid: "identity",
    deletion: "existence",
    finalizer: "no_residue drift",
    owner: "own_fields other_owners",
    one_owner_more: "other_owners",
    one_owner_less: "own_fields other_owners",
}


def noticed(predicates: Predicates, names: str) -> bool:
    """Whether one of the predicates says no; drift says so by what it lists."""
    return any(getattr(predicates, name) is False or (name == "drift" and predicates.drift) for name in names.split())


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Entry, JsonObject, JsonObject, str]:
    """A record, the state it was truly put back to, that state with one thing wrong, and who has to notice."""
    before, after = restored(draw(bodies())), draw(bodies())
    good = restored(before)
    bad = copy.deepcopy(good)
    mutation = draw(st.sampled_from(list(MUTATIONS)))
    mutation(draw, bad)
    return Entry(ref=a_ref(), before=before, after=after), good, bad, MUTATIONS[mutation]


ORDER = list(Verdict)
EXACT_ELSEWHERE = verify(
    Entry(ref=a_ref("other"), before=live(name="other"), after=live(name="other", version="2", data={"a": "1"})),
    live(name="other", version="3"),
)


@given(case=damaged())
def test_any_single_thing_that_is_wrong_lowers_the_verdict(case: tuple[Entry, JsonObject, JsonObject, str]) -> None:
    entry, good, bad, names = case
    assume(not same(good, bad))
    found = verify(entry, bad)

    assert aggregate([EXACT_ELSEWHERE, verify(entry, good)]) is Verdict.VERIFIED_EXACT
    assert verify(entry, good).predicates.exact
    assert ORDER.index(aggregate([EXACT_ELSEWHERE, found])) > ORDER.index(Verdict.VERIFIED_EXACT)
    assert not found.predicates.exact
    assert noticed(found.predicates, names)


@given(case=damaged())
def test_an_object_that_is_missing_lowers_the_verdict_below_every_verified_one(
    case: tuple[Entry, JsonObject, JsonObject, str],
) -> None:
    entry, *_ = case
    found = verify(entry, None)

    assert found.predicates == Predicates(existence=False)
    assert ORDER.index(aggregate([EXACT_ELSEWHERE, found])) >= ORDER.index(Verdict.PARTIAL)


@given(case=damaged())
def test_an_object_the_run_created_is_only_back_when_it_is_gone(
    case: tuple[Entry, JsonObject, JsonObject, str],
) -> None:
    _, good, bad, _ = case
    entry = Entry(ref=a_ref(), before=None, after=good, created=True)

    assert aggregate([verify(entry, None)]) is Verdict.VERIFIED_EXACT
    for body in (good, bad):
        assert aggregate([verify(entry, body)]) is not Verdict.VERIFIED_EXACT
        assert verify(entry, body).predicates.existence is False


@given(case=damaged())
def test_what_was_recreated_is_never_better_than_equivalent(case: tuple[Entry, JsonObject, JsonObject, str]) -> None:
    entry, good, bad, _ = case
    anew = evolve(entry, deleted=True)
    for body in (good, bad):
        other = copy.deepcopy(body)
        set_member(other, ["metadata", "uid"], "u9")

        assert ORDER.index(aggregate([verify(anew, other)])) >= ORDER.index(Verdict.VERIFIED_EQUIVALENT)


@given(case=damaged())
def test_a_change_that_cannot_be_undone_is_never_called_verified_however_alike_everything_is(
    case: tuple[Entry, JsonObject, JsonObject, str],
) -> None:
    entry, good, bad, _ = case
    final = evolve(entry, reversibility=Reversibility.IRREVERSIBLE)

    for body in (good, bad, None):
        assert ORDER.index(aggregate([EXACT_ELSEWHERE, verify(final, body)])) >= ORDER.index(Verdict.IRREVERSIBLE)
    assert aggregate([verify(evolve(final, refused=True), good)]) is Verdict.VERIFIED_EXACT
    assert aggregate([verify(evolve(final, after=entry.before), good)]) is Verdict.VERIFIED_EXACT
    assert aggregate([verify(evolve(final, after=None), entry.before)]) is Verdict.VERIFIED_EXACT


def test_the_state_all_mutations_start_from_is_exact() -> None:
    body = restored(live(spec={"size": 1}))

    assert verify(Entry(ref=a_ref(), before=body, after=live(spec={})), body).state is ObjectState.RESTORED_EXACT
