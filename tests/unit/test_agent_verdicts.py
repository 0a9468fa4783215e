"""The one event an attempt ends in: what failed first, where it is written, and how far it was put back."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_agent.verdicts import NAMED, Attempt, attempt_of
from brokkr_core.apply.waiting.baseline import NOT_READY_BEFORE
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.manifest import Origin
from brokkr_core.model.outcome import Action, Outcome, Report
from engine_support import a_ref

REVISION = DeploymentObject(
    id="r1", sequence_id=1, stack_id="s", yaml_content="", yaml_checksum="", is_deletion_marker=False
)


def outcome(name: str, action: Action, message: str = "because") -> Outcome:
    origin = Origin(source="deployment object r1", document=2, first_line=7, last_line=9)
    return Outcome(ref=a_ref(name), action=action, message=message, code="Code", origin=origin)


def lines(*outcomes: Outcome, **more: object) -> list[str]:
    attempt = attempt_of(REVISION, Report(outcomes=outcomes, **more))  # type: ignore[arg-type]
    return (attempt.message or "").splitlines()


@pytest.mark.parametrize(("ok", "status"), [(True, "SUCCESS"), (False, "FAILURE")])
def test_an_event_says_success_or_failure_and_nothing_in_between(ok: bool, status: str) -> None:
    event = Attempt(revision=REVISION, ok=ok, message="why").event("agent")

    assert (event.status, event.event_type, event.deployment_object_id, event.agent_id) == (
        status,
        "DEPLOY",
        "r1",
        "agent",
    )
    assert len(event.status) <= 10


def test_a_success_needs_no_words() -> None:
    assert attempt_of(REVISION, Report(outcomes=(outcome("a", Action.CREATED),))).message is None


def test_a_success_names_what_was_kept_on_purpose() -> None:
    assert lines(outcome("a", Action.CREATED), outcome("b", Action.SKIPPED, "kept: protected")) == [
        "kept:",
        "ConfigMap/shop/b: kept: protected",
    ]


def test_a_success_names_what_was_broken_before_and_still_is() -> None:
    broken = evolve(outcome("broken", Action.UNCHANGED, "not ready before this run either"), code=NOT_READY_BEFORE)

    assert lines(outcome("fine", Action.CREATED), broken) == [
        "left as it was:",
        "ConfigMap/shop/broken: not ready before this run either",
    ]


def test_a_failure_names_the_roots_before_what_they_blocked() -> None:
    found = lines(outcome("a", Action.BLOCKED), outcome("b", Action.INVALID), outcome("c", Action.CREATED))

    assert found[0].startswith("2 of 3 objects did not succeed")
    assert [line.split(":")[0] for line in found[1:]] == ["ConfigMap/shop/b", "ConfigMap/shop/a"]
    assert found[1] == "ConfigMap/shop/b: invalid: Code: because [deployment object r1:7 (document 2)]"


def test_many_failures_are_counted_and_the_first_are_named() -> None:
    found = lines(*(outcome(f"n{number}", Action.FAILED) for number in range(NAMED + 5)))

    assert len(found) == NAMED + 2
    assert found[-1] == "and 5 more"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"begun": False}, "the preflight refused it, nothing was written"),
        ({"verdict": "PARTIAL"}, "rollback: PARTIAL"),
        ({}, "nothing had to be put back"),
    ],
)
def test_a_failure_says_how_far_it_was_put_back(more: dict[str, object], words: str) -> None:
    assert lines(outcome("a", Action.FAILED), **more)[0].endswith(words)


def test_a_failure_ends_with_every_object_that_was_put_back() -> None:
    assert lines(outcome("a", Action.FAILED), verdict="VERIFIED_EXACT", restored=("a: back", "b: back"))[-2:] == [
        "a: back",
        "b: back",
    ]
