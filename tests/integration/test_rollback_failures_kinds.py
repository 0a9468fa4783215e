"""Failures of design 5.5 that lie in what was changed: identity, defaults, one-way doors, content, guards."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.apply import Conflicts
from brokkr_core.model.json import JsonObject, as_text, dig
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.rollback import Entry, ObjectState, Verdict
from brokkr_core.testing.cluster import Denied, Review, Settings, ValidatingHook
from engine_play import QUICK
from rollback_support import ANEW, TAKING, Lab, by_name, definition, deployment, fixed, gadget, only
from stage_support import config_map

CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: default}\n"
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
)
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: default}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}\n"
)
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: default, annotations: {n: '%s'}}\n"
    "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
)


def final(lab: Lab) -> tuple[Entry, ...]:
    """The record of a run whose changes were classed as irreversible before it."""
    return tuple(evolve(one, reversibility=Reversibility.IRREVERSIBLE) for one in lab.journal.entries())


def test_failure_01_immutable_field_changed_by_recreate() -> None:
    with Lab() as lab:
        lab.stands(fixed("one", "1"), policy=ANEW)
        uid = dig(lab.see("ConfigMap", "one"), "metadata", "uid")
        assert lab.run(fixed("one", "2"), policy=ANEW).ok
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (
            Verdict.VERIFIED_EQUIVALENT,
            ObjectState.RESTORED_NEW_IDENTITY,
        )
        assert dig(lab.see("ConfigMap", "one"), "data", "a") == "1"
        assert dig(lab.see("ConfigMap", "one"), "metadata", "uid") != uid


def test_failure_02_a_one_way_flag_cannot_be_taken_back() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1"), config_map("two", a="1"))
        lab.run(fixed("one", "1"), config_map("two", a="2"))
        undone = lab.put_back()

        assert undone.verdict is Verdict.PARTIAL
        assert by_name(undone) == {"one": "immutable_blocked", "two": "restored_exact"}
        assert lab.put_back(entries=final(lab)).verdict is Verdict.IRREVERSIBLE


def test_failure_03_defaults_that_our_change_brought_in() -> None:
    with Lab() as lab:
        before = lab.stands(deployment("web", strategy="Recreate"))
        lab.run(deployment("web", strategy="RollingUpdate"))
        assert dig(lab.see("Deployment", "web", api="apps/v1"), "spec", "strategy", "rollingUpdate")

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


def test_failure_05_field_stolen_with_force() -> None:
    with Lab() as lab:
        theirs = evolve(TAKING, manager="somebody-else")
        before = lab.stands(config_map("shared", a="theirs", b="theirs"), policy=theirs)
        assert TAKING.conflicts is Conflicts.TAKE
        lab.run(config_map("shared", a="ours"), policy=TAKING)

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


def test_failure_08_created_object_adopted_by_someone_else() -> None:
    with Lab() as lab:
        lab.stands(config_map("parent"))
        lab.run(config_map("child", a="1"))
        parent = lab.see("ConfigMap", "parent")
        owner: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": "parent",
            "uid": dig(parent, "metadata", "uid"),
        }
        lab.patch(lab.see("ConfigMap", "child"), {"metadata": {"ownerReferences": [owner]}})
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
        assert "ConfigMap/parent" in only(undone).note
        assert lab.see("ConfigMap", "child")


def test_failure_09_created_namespace_holds_foreign_objects() -> None:
    with Lab() as lab:
        lab.run("apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n", config_map("ours", namespace="lab"))
        lab.stands(config_map("theirs", namespace="lab"))
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
        assert by_name(undone) == {"lab": "retained_guarded", "ours": "deleted_created"}
        assert lab.see("ConfigMap", "theirs", namespace="lab")


def test_failure_10_created_definition_has_foreign_objects() -> None:
    with Lab() as lab:
        assert lab.run(definition(), gadget("ours"), policy=QUICK).ok
        lab.stands(gadget("theirs"))
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
        assert by_name(undone) == {"gadgets.example.com": "retained_guarded", "ours": "deleted_created"}
        assert lab.see("Gadget", "theirs", api="example.com/v1")


def test_failure_10_created_definition_goes_last_and_with_it_nothing_of_others() -> None:
    with Lab() as lab:
        before = lab.state()
        assert lab.run(definition(), gadget("ours"), config_map("after"), policy=QUICK).ok
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_EXACT
        assert [finding.ref.kind for finding in undone.findings][-1] == "CustomResourceDefinition"
        assert lab.state() == before


def test_failure_12_a_schema_goes_back_and_what_it_pruned_does_not() -> None:
    with Lab() as lab:
        before = lab.stands(definition(minimum=0))
        lab.run(definition(minimum=5))

        assert lab.put_back(entries=final(lab)).verdict is Verdict.IRREVERSIBLE
        assert lab.state() == before


def test_failure_14_a_claim_that_was_bound_is_kept() -> None:
    with Lab(settings=Settings(controllers=True)) as lab:
        lab.run(CLAIM)
        lab.cluster.tick()
        assert dig(lab.see("PersistentVolumeClaim", "data"), "status", "phase") == "Bound"
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
        assert "bound" in only(undone).note


def test_failure_14_a_claim_that_never_was_bound_goes() -> None:
    with Lab() as lab:
        lab.run(CLAIM)

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT


def test_failure_14_a_claim_that_grew_never_shrinks() -> None:
    with Lab(settings=Settings(controllers=True)) as lab:
        lab.stands(CLAIM)
        lab.cluster.tick()
        assert lab.run(CLAIM.replace("1Gi", "2Gi")).ok
        undone = lab.put_back()

        assert (undone.verdict, only(undone).irreversible) == (Verdict.IRREVERSIBLE, True)


def test_failure_15_a_job_that_ran_is_not_undone_by_deleting_it() -> None:
    with Lab() as lab:
        lab.run(JOB)
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (Verdict.IRREVERSIBLE, ObjectState.DELETED_CREATED)


def no_jobs(review: Review) -> None:
    if review.kind == "Job" and not review.dry_run:
        raise Denied("no jobs today")


def test_failure_15_a_job_that_was_refused_never_ran() -> None:
    with Lab(hooks=[ValidatingHook(name="no-jobs", call=no_jobs)]) as lab:
        lab.run(JOB)
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (Verdict.VERIFIED_EXACT, ObjectState.UNTOUCHED)


def test_failure_17_an_address_that_comes_back_is_still_another_identity() -> None:
    with Lab() as lab:
        lab.stands(SERVICE % "1")
        address = as_text(dig(lab.see("Service", "front"), "spec", "clusterIP"))
        headless = SERVICE.replace("spec: {", "spec: {clusterIP: None, ") % "2"
        assert lab.run(headless, policy=ANEW).ok
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_EQUIVALENT
        assert only(undone).state is ObjectState.RESTORED_NEW_IDENTITY
        assert dig(lab.see("Service", "front"), "spec", "clusterIP") == address


def test_failure_20_a_foreign_finalizer_is_never_stripped() -> None:
    with Lab() as lab:
        lab.run(config_map("one", a="1"))
        lab.patch(lab.see("ConfigMap", "one"), {"metadata": {"finalizers": ["example.com/theirs"]}})
        undone = lab.put_back()

        assert undone.verdict is Verdict.VERIFIED_WITH_RETENTIONS
        assert "example.com/theirs" in only(undone).note
        assert dig(lab.see("ConfigMap", "one"), "metadata", "deletionTimestamp") is None


def test_failure_20_a_deletion_that_a_finalizer_of_ours_holds_is_stuck() -> None:
    with Lab() as lab:
        lab.run(config_map("held").replace("  namespace", "  finalizers: [example.com/never]\n  namespace"))
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (Verdict.IRREVERSIBLE, ObjectState.STUCK_TERMINATING)
        assert dig(lab.see("ConfigMap", "held"), "metadata", "finalizers") == ["example.com/never"]
