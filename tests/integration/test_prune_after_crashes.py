"""The prune budget of a stack whose agent dies in the middle of one revision after the other."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_agent.rules import AfterCrash
from brokkr_agent.target import Target
from brokkr_core.apply import PruneRefusedError
from brokkr_core.testing.cluster import Die, FaultPlan, FaultRule
from crash_support import Doomed
from prune_support import RULES
from stage_support import config_map

ONE_AT_A_TIME = evolve(RULES, apply=evolve(RULES.apply, workers=1))
#: Each leaves an object, and the budget counts above ten deletions.
DEATHS = 12


def died_often(*first: str) -> tuple[Doomed, Target]:
    """A stack with a revision that stands, and others of which each had created an object when its agent died."""
    doomed = Doomed()
    if first:
        assert doomed.deploy(doomed.revision(*first)).ok
    stood = names(doomed)
    at_never = FaultPlan(rules=[FaultRule(effect=Die(), writes=True, path="/configmaps/never")])
    for number in range(DEATHS):
        revision = doomed.revision(*first, config_map(f"left-{number}"), config_map("never"))
        doomed.die_of(at_never, revision, rules=ONE_AT_A_TIME)
        assert len(doomed.open_journals()) == 1
    assert names(doomed) == stood | {f"left-{number}" for number in range(DEATHS)}
    return doomed, doomed.recover(AfterCrash.RESUME)[1]


def names(doomed: Doomed) -> set[str]:
    """The ConfigMaps of the stack."""
    return {ref.name for ref in doomed.seen().objects if ref.kind == "ConfigMap"}


def test_what_unfinished_revisions_left_does_not_count_against_the_budget() -> None:
    doomed, target = died_often(config_map("stays"), config_map("leaves"))

    assert doomed.deploy(doomed.revision(config_map("stays")), target=target).ok
    assert names(doomed) == {"stays"}


def test_what_a_revision_stood_with_counts_however_much_unfinished_ones_left() -> None:
    stood = [config_map(f"stood-{number}") for number in range(DEATHS)]
    doomed, target = died_often(*stood)
    before = names(doomed)

    with pytest.raises(PruneRefusedError, match="12 of 12 objects"):
        doomed.deploy(doomed.revision(config_map("other")), target=target)
    assert names(doomed) == before


def test_an_empty_revision_deletes_nothing_that_unfinished_ones_left() -> None:
    doomed, target = died_often()

    with pytest.raises(PruneRefusedError, match="the revision is empty"):
        doomed.deploy(doomed.revision(), target=target)
    assert len(names(doomed)) == DEATHS
