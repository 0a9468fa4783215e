"""Failures of design 5.5 in which somebody else writes: webhooks, controllers, other managers, other tools."""

from __future__ import annotations

from base64 import b64encode

from attrs import evolve

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.rollback import Contested, ObjectState, Verdict
from brokkr_core.rollback.owners import owners_at
from brokkr_core.testing.cluster import MutatingHook, Review
from rollback_support import AT_ONCE, Lab, by_name, deployment, only
from stage_support import config_map

WINDOW = evolve(AT_ONCE, stability_seconds=1.0)
TAKE = evolve(AT_ONCE, contested=Contested.TAKE)


def secret(**values: str) -> str:
    data = "".join(f"  {key}: {b64encode(value.encode()).decode()}\n" for key, value in values.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: login, namespace: default}}\ndata:\n{data}"


class Stamping:
    """A webhook that marks objects; it can be told to mark only what holds a value, and to begin later."""

    def __init__(self, *, only_value: str = "") -> None:
        self.on = False
        self._only_value = only_value

    def __call__(self, review: Review) -> JsonObject:
        if not self.on or (self._only_value and dig(review.body, "data", "a") != self._only_value):
            return review.body
        metadata = as_object(review.body["metadata"])
        labels: JsonObject = {**as_object(metadata.get("labels")), "stamped": "yes"}
        return {**review.body, "metadata": {**metadata, "labels": labels}}


def test_failure_04_what_a_webhook_added_to_our_write_goes_with_it() -> None:
    hook = Stamping(only_value="2")
    with Lab(hooks=[MutatingHook(name="stamp", call=hook)]) as lab:
        before = lab.stands(config_map("one", a="1"))
        hook.on = True
        lab.run(config_map("one", a="2"))
        assert dig(lab.see("ConfigMap", "one"), "metadata", "labels") == {"stamped": "yes"}

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


def test_failure_04_a_webhook_that_rewrites_the_restore_too_has_the_last_word() -> None:
    hook = Stamping()
    with Lab(hooks=[MutatingHook(name="stamp", call=hook)]) as lab:
        lab.stands(config_map("one", a="1"))
        hook.on = True
        lab.run(config_map("one", a="2"))
        undone = lab.put_back()

        assert undone.verdict is Verdict.CONTESTED
        assert only(undone).paths == ("metadata.labels.stamped",)
        assert dig(lab.see("ConfigMap", "one"), "data", "a") == "1"


def test_failure_06_other_manager_wrote_after_us() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1", b="1"))
        lab.run(config_map("one", a="2", b="2"))
        lab.patch(lab.see("ConfigMap", "one"), {"data": {"a": "theirs"}}, by="kubectl-edit")
        undone = lab.put_back()

        assert (undone.verdict, only(undone).paths) == (Verdict.CONTESTED, ("data.a",))
        assert dig(lab.see("ConfigMap", "one"), "data") == {"a": "theirs", "b": "1"}
        assert owners_at(lab.see("ConfigMap", "one"), "data.a") == ("kubectl-edit",)


def test_failure_06_what_others_wrote_is_taken_back_if_the_policy_says_so() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1", b="1"))
        lab.run(config_map("one", a="2", b="2"))
        lab.patch(lab.see("ConfigMap", "one"), {"data": {"a": "theirs"}}, by="kubectl-edit")
        undone = lab.put_back(TAKE)

        assert dig(lab.see("ConfigMap", "one"), "data") == {"a": "1", "b": "1"}
        assert "data.a" in only(undone).note
        assert undone.verdict is Verdict.VERIFIED_EXACT


def test_failure_06_what_we_created_and_others_have_changed_is_kept_or_taken_by_policy() -> None:
    with Lab() as lab:
        lab.run(config_map("one", a="1"))
        lab.patch(lab.see("ConfigMap", "one"), {"data": {"a": "theirs"}}, by="kubectl-edit")
        kept = lab.put_back()

        assert (kept.verdict, only(kept).paths) == (Verdict.CONTESTED, ("data.a",))
        assert dig(lab.see("ConfigMap", "one"), "data", "a") == "theirs"
        assert lab.put_back(TAKE).verdict is Verdict.VERIFIED_EXACT
        assert not lab.see("ConfigMap", "one")


def test_failure_06_what_others_only_added_to_does_not_keep_what_we_created() -> None:
    with Lab() as lab:
        lab.run(config_map("one", a="1"))
        lab.patch(lab.see("ConfigMap", "one"), {"metadata": {"annotations": {"seen": "yes"}}}, by="controller")

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT
        assert not lab.see("ConfigMap", "one")


def test_failure_07_an_autoscaler_keeps_what_it_decided() -> None:
    with Lab() as lab:
        lab.stands(deployment("web", replicas=1))
        lab.run(deployment("web", replicas=2, image="new"))
        web = lab.see("Deployment", "web", api="apps/v1")
        lab.patch(web, {"spec": {"replicas": 5}}, by="kube-controller-manager", subresource="scale")
        undone = lab.put_back()

        assert (undone.verdict, only(undone).paths) == (Verdict.CONTESTED, ("spec.replicas",))
        now = lab.see("Deployment", "web", api="apps/v1")
        assert dig(now, "spec", "replicas") == 5
        assert owners_at(now, "spec.replicas") == ("kube-controller-manager",)


def test_failure_07_a_controller_that_writes_again_after_the_restore_is_not_fought() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"))
        undone = lab.put_back(
            WINDOW, meanwhile=lambda: lab.patch(lab.see("ConfigMap", "one"), {"data": {"a": "mine"}}, by="operator")
        )

        assert (undone.verdict, undone.steady) == (Verdict.CONTESTED, False)
        assert only(undone).paths == ("data.a",)
        assert owners_at(lab.see("ConfigMap", "one"), "data.a") == ("operator",)


def test_failure_07_an_autoscaler_does_not_keep_a_workload_that_we_created() -> None:
    with Lab() as lab:
        lab.run(deployment("web", replicas=2))
        web = lab.see("Deployment", "web", api="apps/v1")
        lab.patch(web, {"spec": {"replicas": 5}}, by="kube-controller-manager", subresource="scale")

        assert lab.put_back().verdict is Verdict.VERIFIED_EXACT


def test_failure_32_managed_fields_wiped_by_another_tool() -> None:
    with Lab() as lab:
        before = lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"))
        lab.patch(lab.see("ConfigMap", "one"), {"metadata": {"managedFields": [{}]}})
        assert not dig(lab.see("ConfigMap", "one"), "metadata", "managedFields")
        undone = lab.put_back()

        assert dig(lab.see("ConfigMap", "one"), "data", "a") == "1"
        assert undone.verdict is Verdict.VERIFIED_EXACT
        assert lab.state() == before


def test_failure_33_a_secret_that_was_rotated_stays_rotated_and_unnamed() -> None:
    with Lab() as lab:
        lab.stands(secret(password="old-word", user="me"))
        lab.run(secret(password="new-word", user="you"))
        rotated = b64encode(b"rotated-word").decode()
        lab.patch(lab.see("Secret", "login"), {"data": {"password": rotated}}, by="rotator")
        undone = lab.put_back()

        assert (undone.verdict, only(undone).paths) == (Verdict.CONTESTED, ("data.password",))
        assert dig(lab.see("Secret", "login"), "data", "password") == rotated
        assert not any(word in str(undone) for word in ("old-word", "new-word", rotated))


def test_failure_34_object_replaced_by_someone() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1"))
        lab.run(config_map("one", a="2"))
        lab.delete(lab.see("ConfigMap", "one"))
        lab.stands(config_map("one", a="1"))
        undone = lab.put_back()

        assert (undone.verdict, only(undone).state) == (Verdict.PARTIAL, ObjectState.GONE_BY_OTHER)
        assert only(undone).predicates.identity is False


def test_failure_36_what_changes_within_the_window_is_not_called_steady() -> None:
    with Lab() as lab:
        lab.stands(config_map("one", a="1"), config_map("two", a="1"))
        lab.run(config_map("one", a="2"), config_map("two", a="2"))
        undone = lab.put_back(
            WINDOW, meanwhile=lambda: lab.patch(lab.see("ConfigMap", "two"), {"data": {"b": "new"}}, by="somebody")
        )

        assert (undone.verdict, undone.steady) == (Verdict.VERIFIED_EQUIVALENT, False)
        assert by_name(undone) == {"one": "restored_exact", "two": "foreign_only"}
        assert lab.put_back(WINDOW).steady is True
