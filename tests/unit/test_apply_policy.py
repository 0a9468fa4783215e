"""What a run may do, and what may be deleted when it leaves a stack."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_core.apply import (
    ApplyPolicy,
    Candidate,
    Conflicts,
    Entry,
    Inventory,
    PrunePolicy,
    PruneRefusedError,
    StackKey,
    TakeAlong,
    check_budget,
    leaving,
)
from brokkr_core.apply.prune.candidates import gone
from brokkr_core.apply.prune.guards import keep_reason, kept
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import OWNER, PRUNE, STACK
from engine_support import a_ref, live

KEY = StackKey(stack_id="stack", owner_id="owner")
OURS: JsonObject = {STACK: "stack", OWNER: "owner"}


def entries(count: int, kind: str = "ConfigMap") -> tuple[Entry, ...]:
    return tuple(Entry(ref=a_ref(f"one-{number}", kind), uid=f"u{number}") for number in range(count))


def candidates(count: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(entry=entry, live=live()) for entry in entries(count))


@pytest.mark.parametrize(("conflicts", "force"), [(Conflicts.FAIL, False), (Conflicts.TAKE, True)])
def test_fields_are_taken_only_when_told(conflicts: Conflicts, force: bool) -> None:
    assert ApplyPolicy(conflicts=conflicts).force is force


def test_the_library_takes_nothing_from_others_by_default() -> None:
    assert ApplyPolicy().conflicts is Conflicts.FAIL


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"workers": 65}, {"ready_timeout_seconds": 0}, {"poll_seconds": -1}])
def test_nonsense_is_no_policy(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ApplyPolicy(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("deleting", "of", "word"),
    [
        (0, 0, ""),
        (2, 3, ""),
        (10, 10, ""),
        (11, 22, ""),
        (11, 21, "52 %"),
        (100, 1000, ""),
        (101, 1000, "more than the 100"),
    ],
)
def test_the_budget_is_a_number_and_from_eleven_on_a_share(deleting: int, of: int, word: str) -> None:
    said = PrunePolicy().over_budget(deleting=deleting, of=of)

    assert word in said
    assert bool(said) is bool(word)


def test_what_leaves_is_what_was_owned_and_is_not_wanted() -> None:
    owned = entries(3)

    assert leaving(Inventory(entries=owned), [owned[1].ref]) == (owned[0], owned[2])


def test_an_object_under_another_version_has_not_left() -> None:
    (entry,) = entries(1)

    assert leaving(Inventory(entries=(entry,)), [a_ref("one-0")]) == ()


def test_an_empty_revision_deletes_nothing_without_a_marker() -> None:
    with pytest.raises(PruneRefusedError, match="deletion marker"):
        check_budget(candidates(1), Inventory(entries=entries(1)), 0, PrunePolicy())


def test_an_empty_revision_of_an_empty_stack_is_fine() -> None:
    check_budget((), Inventory(), 0, PrunePolicy())


def test_a_marker_may_empty_a_stack_of_any_size() -> None:
    check_budget(candidates(500), Inventory(entries=entries(500)), 0, PrunePolicy(allow_empty=True))


def test_a_prune_over_budget_is_refused_with_its_numbers() -> None:
    with pytest.raises(PruneRefusedError, match="15 of 20 objects"):
        check_budget(candidates(15), Inventory(entries=entries(20)), 5, PrunePolicy())


def test_what_is_kept_or_gone_takes_nothing_of_the_budget() -> None:
    owned = entries(15)
    stay = [Candidate(entry=entry, live=live(), settled=kept(entry.ref, "Protected", "")) for entry in owned[:10]]
    were = [Candidate(entry=entry, settled=gone(entry.ref)) for entry in owned[10:]]

    check_budget([*stay, *were], Inventory(entries=owned), 0, PrunePolicy(small=0, max_objects=0))


@pytest.mark.parametrize(
    ("annotations", "metadata", "code"),
    [
        ({**OURS}, {}, ""),
        ({**OURS, PRUNE: "enabled"}, {}, ""),
        ({**OURS, PRUNE: "disabled"}, {}, "PruneDisabled"),
        ({}, {}, "NotOurs"),
        ({STACK: "stack"}, {}, "NotOurs"),
        ({OWNER: "owner"}, {}, "NotOurs"),
        ({STACK: "another", OWNER: "owner"}, {}, "NotOurs"),
        ({STACK: "stack", OWNER: "another"}, {}, "NotOurs"),
        ({**OURS}, {"ownerReferences": [{"kind": "Gadget", "name": "boss", "uid": "u9"}]}, "Owned"),
        ({**OURS}, {"uid": "another"}, "Replaced"),
        ({PRUNE: "disabled"}, {"uid": "another"}, "Replaced"),
    ],
)
def test_only_what_is_certainly_ours_may_go(annotations: JsonObject, metadata: dict[str, Json], code: str) -> None:
    entry = Entry(ref=a_ref(), uid="u1")
    kept = keep_reason(entry, live(metadata={"annotations": annotations, **metadata}), KEY, PrunePolicy())

    assert (kept.code if kept else "") == code
    assert kept is None or (kept.action is Action.SKIPPED and kept.message)


def test_an_object_whose_creation_was_never_seen_is_known_by_its_annotations() -> None:
    entry = Entry(ref=a_ref())

    assert keep_reason(entry, live(uid="any", metadata={"annotations": OURS}), KEY, PrunePolicy()) is None


@pytest.mark.parametrize(
    ("kind", "group"),
    [
        ("Namespace", ""),
        ("PersistentVolume", ""),
        ("PersistentVolumeClaim", ""),
        ("CustomResourceDefinition", "apiextensions.k8s.io"),
    ],
)
def test_what_takes_data_along_stays(kind: str, group: str) -> None:
    entry = Entry(ref=a_ref(kind=kind, group=group), uid="u1")
    kept = keep_reason(entry, live(kind, metadata={"annotations": OURS}), KEY, PrunePolicy())

    assert kept is not None
    assert kept.code == "Protected"


@pytest.mark.parametrize(
    "body",
    [
        live("PersistentVolumeClaim", metadata={"annotations": OURS}, spec={"volumeName": "pv-1"}),
        live("PersistentVolumeClaim", metadata={"annotations": OURS}, status={"phase": "Lost"}),
        live(
            "PersistentVolumeClaim",
            metadata={"annotations": {**OURS, "pv.kubernetes.io/bind-completed": "yes"}},
        ),
        live("PersistentVolume", namespace="", metadata={"annotations": OURS}, spec={"claimRef": {"name": "data"}}),
        live("PersistentVolume", namespace="", metadata={"annotations": OURS}, status={"phase": "Released"}),
    ],
    ids=["bound claim", "lost claim", "claim that was bound", "claimed volume", "released volume"],
)
def test_storage_that_is_or_was_bound_goes_only_when_its_data_may_go_too(body: JsonObject) -> None:
    entry = Entry(ref=ref_of(body), uid="u1")
    open_to_all = PrunePolicy(protected=frozenset())
    reason = keep_reason(entry, body, KEY, open_to_all)

    assert reason is not None
    assert reason.code == "Bound"
    assert keep_reason(entry, body, KEY, evolve(open_to_all, take_along=TakeAlong(volumes=True))) is None


def test_a_claim_that_was_never_bound_may_go_when_it_is_not_protected() -> None:
    body = live("PersistentVolumeClaim", metadata={"annotations": OURS}, status={"phase": "Pending"})
    entry = Entry(ref=ref_of(body), uid="u1")

    assert keep_reason(entry, body, KEY, PrunePolicy(protected=frozenset())) is None


def test_an_object_that_the_revision_has_under_another_group_stays() -> None:
    kept_as = keep_reason(
        Entry(ref=a_ref()), live(metadata={"annotations": OURS}), KEY, PrunePolicy(), applied=frozenset({"u1"})
    )

    assert kept_as is not None
    assert kept_as.code == "SameObject"


def test_a_kind_of_the_same_name_in_another_group_is_not_protected() -> None:
    entry = Entry(ref=a_ref(kind="Namespace", group="example.com"), uid="u1")

    assert keep_reason(entry, live("Namespace", metadata={"annotations": OURS}), KEY, PrunePolicy()) is None
