"""What putting back and judging promise for any states of an object."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.apply.difference.paths import below, changed_paths, same, step, unmanaged
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.rollback import Entry, Finding, ObjectState, Verdict, aggregate, verify
from brokkr_core.rollback.merge import three_way
from brokkr_core.rollback.verdict import NOT_BACK
from engine_strategies import bodies
from engine_support import a_ref

ABSENT = "(absent)"
FINDINGS = st.builds(Finding, ref=st.just(a_ref()), state=st.sampled_from(ObjectState), irreversible=st.booleans())
NOTHING = frozenset({ObjectState.UNTOUCHED})
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
def test_what_is_taken_goes_back_whoever_wrote_it_and_is_told_all_the_same(
    before: JsonObject, after: JsonObject, live: JsonObject
) -> None:
    merged, kept = three_way(before, after, live, take=True), three_way(before, after, live)

    assert merged.contested == kept.contested
    for path, (was, ours, now, put) in leaves_of(before, after, live, merged.body):
        if was != ours:
            assert put == was, f"{path} was ours"
        elif not any(below(path, root) or below(root, path) for root in merged.contested):
            assert put == now, f"{path} was not ours"


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
        assert found.predicates.exact
        assert changed_paths(before, merged.body) == ()
    assert (found.state is ObjectState.CONTESTED) is bool(merged.contested)


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
    assert verdict is not Verdict.FAILED or all(finding.state in {*NOT_BACK, *NOTHING} for finding in findings)
