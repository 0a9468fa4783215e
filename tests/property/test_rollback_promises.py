"""What putting back and judging promise for any states of an object."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from hypothesis import assume, given
from hypothesis import strategies as st

from brokkr_core.apply.difference.paths import below, changed_paths, same, step, unmanaged
from brokkr_core.model.json import Json, JsonObject, as_list, as_object
from brokkr_core.rollback import Entry, Finding, ObjectState, Verdict, aggregate, verify
from brokkr_core.rollback.merge import three_way
from engine_strategies import bodies
from engine_support import a_ref, live

ABSENT = "(absent)"
FINDINGS = st.builds(Finding, ref=st.just(a_ref()), state=st.sampled_from(ObjectState))
ORDER = list(Verdict)


def flat(value: Json, path: str = "") -> dict[str, str]:
    """Every leaf of an object by its path; what holds no leaf is not there."""
    if not isinstance(value, dict):
        return {path: repr(value)}
    return {inner: leaf for key, member in value.items() for inner, leaf in flat(member, step(path, key)).items()}


def leaves_of(*states: JsonObject) -> Iterator[tuple[str, list[str]]]:
    """Every path of any of the states, with the leaf each state has there."""
    found = [flat(unmanaged(state)) for state in states]
    for path in sorted({path for one in found for path in one}):
        yield path, [one.get(path, ABSENT) for one in found]


@given(before=bodies(), after=bodies())
def test_when_nobody_else_wrote_the_object_is_as_it_was(before: JsonObject, after: JsonObject) -> None:
    merged = three_way(before, after, after)

    assert merged.contested == ()
    assert same(unmanaged(merged.body), unmanaged(before))
    assert changed_paths(before, merged.body) == ()


@given(before=bodies(), after=bodies(), live=bodies())
def test_every_path_goes_back_stays_or_is_contested_by_who_wrote_it(
    before: JsonObject, after: JsonObject, live: JsonObject
) -> None:
    merged = three_way(before, after, live)

    for path, (was, ours, now, put) in leaves_of(before, after, live, merged.body):
        if was == ours:
            assert put == now, f"{path} was not ours"
        elif now == ours:
            assert put == was, f"{path} was only ours"
        else:
            assert put == now, f"{path} is theirs now"
            assert now == was or any(below(path, root) for root in merged.contested), f"{path} was not reported"


@given(before=bodies(), after=bodies(), live=bodies())
def test_nothing_is_contested_that_nobody_else_wrote(before: JsonObject, after: JsonObject, live: JsonObject) -> None:
    for root in three_way(before, after, live).contested:
        assert any(below(path, root) or below(root, path) for path in changed_paths(after, live))
        assert any(below(path, root) or below(root, path) for path in changed_paths(before, after))


@given(before=bodies(), after=bodies(), live=bodies())
def test_putting_back_twice_is_the_same_as_once(before: JsonObject, after: JsonObject, live: JsonObject) -> None:
    once = three_way(before, after, live)
    twice = three_way(before, after, once.body)

    assert same(twice.body, once.body)


@given(before=bodies(), after=bodies(), live=bodies())
def test_putting_back_changes_none_of_the_states(before: JsonObject, after: JsonObject, live: JsonObject) -> None:
    kept = copy.deepcopy((before, after, live))
    three_way(before, after, live)

    assert (before, after, live) == kept


@given(before=bodies(), after=bodies(), live=bodies())
def test_a_merge_is_never_called_better_than_it_is(before: JsonObject, after: JsonObject, live: JsonObject) -> None:
    merged = three_way(before, after, live)
    found = verify(Entry(ref=a_ref(), before=before, after=after), merged.body, contested=merged.contested)

    assert found.state is not ObjectState.NOT_RESTORED
    if found.state is ObjectState.RESTORED_EXACT:
        assert changed_paths(before, merged.body) == ()
    assert (found.state is ObjectState.CONTESTED) is bool(merged.contested)


OWNERS: list[Json] = [
    {"manager": "a", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:size": {}}}},
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


MUTATIONS: list[Callable[[st.DrawFn, JsonObject], None]] = [
    value_somewhere,
    one_label,
    another_uid,
    deletion,
    finalizer,
    owner,
    one_owner_more,
    one_owner_less,
]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Entry, JsonObject, JsonObject]:
    """A record, the state it was truly put back to, and that state with one thing wrong."""
    before, after = restored(draw(bodies())), draw(bodies())
    good = restored(before)
    bad = copy.deepcopy(good)
    draw(st.sampled_from(MUTATIONS))(draw, bad)
    return Entry(ref=a_ref(), before=before, after=after), good, bad


@given(case=damaged())
def test_any_single_thing_that_is_wrong_lowers_the_verdict(case: tuple[Entry, JsonObject, JsonObject]) -> None:
    entry, good, bad = case
    assume(not same(good, bad))

    assert aggregate([verify(entry, good)]) is Verdict.VERIFIED_EXACT
    assert aggregate([verify(entry, bad)]) is not Verdict.VERIFIED_EXACT
    assert aggregate([verify(entry, None)]) is not Verdict.VERIFIED_EXACT


@given(case=damaged())
def test_an_object_the_run_created_is_only_back_when_it_is_gone(case: tuple[Entry, JsonObject, JsonObject]) -> None:
    _, good, bad = case
    entry = Entry(ref=a_ref(), before=None, after=good, created=True)

    assert aggregate([verify(entry, None)]) is Verdict.VERIFIED_EXACT
    for body in (good, bad):
        assert aggregate([verify(entry, body)]) is not Verdict.VERIFIED_EXACT


@given(before=bodies(), after=bodies(), now=bodies())
def test_what_our_write_changed_and_is_not_back_is_never_excused(
    before: JsonObject, after: JsonObject, now: JsonObject
) -> None:
    found = verify(Entry(ref=a_ref(), before=before, after=after), now)
    ours = [path for path, (was, wrote, _) in leaves_of(before, after, now) if was != wrote]
    lost = [path for path, (was, _, is_now) in leaves_of(before, after, now) if path in ours and was != is_now]

    assert not lost or found.state is ObjectState.NOT_RESTORED


@given(findings=st.lists(FINDINGS, min_size=1), data=st.data())
def test_the_verdict_does_not_depend_on_the_order_and_one_object_more_never_betters_it(
    findings: list[Finding], data: st.DataObject
) -> None:
    verdict = aggregate(findings)
    shuffled = data.draw(st.permutations(findings))
    more = aggregate([*findings, data.draw(FINDINGS)])

    assert aggregate(shuffled) is verdict
    assert ORDER.index(more) >= ORDER.index(verdict) or verdict is Verdict.FAILED
    assert verdict is not Verdict.FAILED or all(finding.state is ObjectState.NOT_RESTORED for finding in findings)


def test_the_state_all_mutations_start_from_is_exact() -> None:
    body = restored(live(spec={"size": 1}))

    assert verify(Entry(ref=a_ref(), before=body, after=live(spec={})), body).state is ObjectState.RESTORED_EXACT
