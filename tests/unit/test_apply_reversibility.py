"""Every transition that is more than its values has a rule, and what looks like one and is none is exact."""

from __future__ import annotations

import pytest

from brokkr_core.apply import Reversibility, classify
from brokkr_core.apply.reversibility.table import RULES
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.outcome import Action
from reversibility_cases import CASES
from reversibility_exact import EXACT
from reversibility_support import NO, Case, body, classed_of, manifest

ANEW, UPDATE = Action.RECREATED, Action.CONFIGURED


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_transition_has_the_rule_and_the_class_of_the_table(case: Case) -> None:
    found = classed_of(case)
    (rule,) = (one for one in RULES if one.name == case.rule)

    assert case.rule in found.rules
    assert found.reversibility is rule.reversibility
    assert set(case.paths) <= set(found.paths)
    assert rule.reason in found.reason


@pytest.mark.parametrize("case", EXACT, ids=[case.name for case in EXACT])
def test_what_values_owners_and_identity_say_in_full_is_exact(case: Case) -> None:
    assert classed_of(case).rules == ()
    assert classed_of(case).exact


def test_every_rule_of_the_table_is_tried() -> None:
    assert {case.rule for case in CASES} == {rule.name for rule in RULES}


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("action", [one for one in Action if one not in (Action.CREATED, ANEW, UPDATE)])
def test_what_is_not_written_is_exact(action: Action) -> None:
    job = body("batch/v1", "Job")

    assert classify(manifest(job), action, before=job).exact


def test_the_worst_rule_decides_and_all_of_its_class_are_named() -> None:
    before = body("v1", "Service", {"type": "LoadBalancer", "clusterIPs": ["10.0.0.1"], "ports": [{"nodePort": 30001}]})
    after = body("v1", "Service", {"type": "ExternalName", "externalName": "a.example.com"})
    found = classify(manifest(after), UPDATE, before=before, would=after)

    assert found.rules == ("service-address", "service-load-balancer")
    assert found.paths == ("spec.clusterIPs", "spec.ports", "spec.type")
    assert found.reversibility is Reversibility.IDENTITY_LOSS

    says: JsonObject = {**as_object(after["metadata"]), "annotations": NO}
    assert classify(manifest({**after, "metadata": says}), UPDATE, before=before).rules == ("declared",)


def test_without_the_servers_word_the_manifest_laid_over_what_stands_there_has_to_do() -> None:
    before = body("v1", "PersistentVolumeClaim", {"volumeName": "v", "resources": {"requests": {"storage": "1Gi"}}})
    grown = manifest(body("v1", "PersistentVolumeClaim", {"resources": {"requests": {"storage": "2Gi"}}}))
    labelled = manifest(body("v1", "PersistentVolumeClaim", {}))

    assert classify(grown, UPDATE, before=before).rules == ("claim-grown",)
    assert classify(labelled, UPDATE, before=before).exact


def test_an_object_that_is_deleted_first_leaves_nothing_for_the_new_one() -> None:
    before = body("v1", "Pod", {"schedulingGates": [{"name": "a"}], "restartPolicy": "Never"})
    found = classify(manifest(body("v1", "Pod", {"restartPolicy": "Never"})), ANEW, before=before, changed=("spec",))

    assert found.rules == ("runs", "runs-again")


def test_no_value_of_an_object_is_told() -> None:
    before: JsonObject = {**body("v1", "Secret"), "data": {"a": "c2VjcmV0"}}
    found = classify(manifest({**before, "immutable": True}), UPDATE, before=before)

    assert found.rules == ("sealed",)
    assert "c2VjcmV0" not in str(found) + str(found.to_json())
    assert str(found).startswith("identity-loss at immutable: the flag can never be taken off again")
