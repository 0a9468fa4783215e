"""What the policy does not allow is refused before the first write, with what it takes to decide."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_core.apply import ALL, RESTORABLE, ApplyPolicy, Forecast, Reversibility, parse_allowed
from brokkr_core.apply.reversibility.gate import gated
from brokkr_core.errors import UsageError
from brokkr_core.model.outcome import Action, Outcome
from engine_support import wanted
from reversibility_support import body, claim, deployment, job, manifest

GROWN = Forecast(
    manifest=wanted(claim(resources={"requests": {"storage": "2Gi"}})),
    action=Action.CONFIGURED,
    changed=("spec.resources.requests.storage",),
    live=claim(),
)
CAREFUL = ApplyPolicy(allow=RESTORABLE)


def test_everything_is_allowed_unless_somebody_says_otherwise() -> None:
    found = gated(GROWN, ApplyPolicy())

    assert found.refusal is None
    assert found.classed.reversibility is Reversibility.IRREVERSIBLE
    assert ApplyPolicy().allow == ALL == frozenset(Reversibility)


def test_a_change_of_another_class_is_refused_with_object_paths_reason_and_what_to_do() -> None:
    refusal = gated(GROWN, CAREFUL).outcome()

    assert (refusal.ok, refusal.action, refusal.code) == (False, Action.FORBIDDEN, "Irreversible")
    assert refusal.message == (
        "it could not be taken back: irreversible at spec.resources.requests.storage: a volume never shrinks; "
        "this run allows exact, value-only: leave the change out, or allow irreversible to make it all the same"
    )
    assert refusal.origin == GROWN.manifest.origin
    assert refusal.to_json()["reversibility"] == {
        "class": "irreversible",
        "rules": ["claim-grown"],
        "reason": "a volume never shrinks",
        "paths": ["spec.resources.requests.storage"],
    }


def test_what_is_exact_is_never_refused() -> None:
    moved = Forecast(manifest=manifest(deployment(replicas=2)), action=Action.CONFIGURED, live=deployment())

    assert gated(moved, ApplyPolicy(allow=frozenset())).refusal is None


def test_what_is_refused_already_stays_refused_for_that() -> None:
    outcome = Outcome(ref=GROWN.manifest.ref, action=Action.INVALID, code="Invalid")

    assert gated(evolve(GROWN, refusal=outcome), CAREFUL).refusal is outcome


@pytest.mark.parametrize("action", [Action.CREATED, Action.RECREATED])
def test_a_class_that_is_allowed_is_told_and_goes_on(action: Action) -> None:
    known = Forecast(manifest=manifest(job()), action=action, live=None if action is Action.CREATED else job())
    found = gated(known, ApplyPolicy(allow=frozenset({Reversibility.IRREVERSIBLE})))

    assert found.refusal is None
    assert found.outcome().classed == found.classed
    assert found.outcome().to_json()["reversibility"] == found.classed.to_json()


def test_an_exact_change_says_nothing_of_it_in_json() -> None:
    known = Forecast(manifest=manifest(body("v1", "Namespace")), action=Action.CREATED)

    assert "reversibility" not in gated(known, ApplyPolicy()).outcome().to_json()


def test_classes_are_read_from_lists_and_from_several_texts() -> None:
    assert parse_allowed("exact,value-only") == RESTORABLE
    assert parse_allowed("value-only") == RESTORABLE
    assert parse_allowed("exact", " identity-loss , irreversible", "value-only,") == ALL


@pytest.mark.parametrize("text", ["", ",", "Exact", "reversible", "exact;value-only"])
def test_a_class_that_does_not_exist_is_an_error_that_names_those_that_do(text: str) -> None:
    with pytest.raises(UsageError, match="write one or more of exact, value-only, identity-loss, irreversible"):
        parse_allowed(text)
