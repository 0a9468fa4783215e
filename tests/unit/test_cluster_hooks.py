"""Admission webhooks: what they change, what they forbid, and who owns what they set."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster import Denied, EmbeddedCluster, MutatingHook, Review, ValidatingHook
from brokkr_core.testing.cluster.hooks import Hook
from cluster_support import MERGE_PATCH, Client, config_map, deployment, managers, service, with_metadata


def client_with(*hooks: Hook) -> Client:
    return Client(EmbeddedCluster(hooks=hooks).transport())


def label(review: Review) -> JsonObject:
    """What an injector does."""
    metadata = as_object(review.body["metadata"])
    labels = {**as_object(metadata.get("labels")), "injected": "yes"}
    return {**review.body, "metadata": {**metadata, "labels": labels}}


LABEL = MutatingHook(name="label.example.com", call=label)


def deny(review: Review) -> None:
    raise Denied("not on a Friday")


def test_a_denial_is_worded_as_a_real_servers() -> None:
    refused = client_with(ValidatingHook(name="week.example.com", call=deny)).apply(config_map(a="1")).expect(403)
    assert refused.message == 'admission webhook "week.example.com" denied the request: not on a Friday'
    assert refused.reason == "Forbidden"


@pytest.mark.parametrize(
    ("denied", "status", "ending"),
    [
        (Denied("bad", status=422, reason="Invalid"), 422, "denied the request: bad"),
        (Denied(status=400, reason="BadRequest"), 400, "denied the request: BadRequest"),
        (Denied(status=400, reason=""), 400, "denied the request without explanation"),
    ],
)
def test_a_hook_chooses_status_and_reason(denied: Denied, status: int, ending: str) -> None:
    def refuse(review: Review) -> JsonObject:
        raise denied

    refused = client_with(MutatingHook(name="h.example.com", call=refuse)).create(config_map()).expect(status)
    assert refused.message.endswith(ending)


def test_a_hook_changes_values_and_no_ownership() -> None:
    reply = client_with(LABEL).apply(config_map(a="1")).expect(201)
    assert reply.get("metadata", "labels") == {"injected": "yes"}
    assert managers(reply) == {("tester", "Apply", ""): {"f:data": {"f:a": {}}}}


def test_a_hook_that_changes_nothing_new_leaves_the_object_alone() -> None:
    client = client_with(LABEL)
    first = client.apply(config_map(a="1"))
    assert client.apply(config_map(a="1")).version == first.version


def test_a_hook_fights_every_write_that_takes_its_value_away() -> None:
    client = client_with(LABEL)
    body = with_metadata(config_map(a="1"), labels={"injected": "no"})
    assert client.apply(body).get("metadata", "labels") == {"injected": "yes"}
    patched = client.patch(config_map(), {"metadata": {"labels": None}}, MERGE_PATCH).expect(200)
    assert patched.get("metadata", "labels") == {"injected": "yes"}


def test_a_dry_run_shows_what_a_hook_would_make_of_it() -> None:
    client = client_with(LABEL)
    assert client.apply(config_map(a="1"), dryRun="All").get("metadata", "labels") == {"injected": "yes"}
    assert client.gone(config_map())


def test_a_hook_cannot_change_who_the_object_is() -> None:
    def rename(review: Review) -> JsonObject:
        return {**review.body, "metadata": {"name": "other", "namespace": "other", "uid": "1"}}

    client = client_with(MutatingHook(name="h.example.com", call=rename))
    made = client.apply(config_map(a="1")).expect(201)
    changed = client.apply(config_map(a="2")).expect(200)
    assert (changed.get("metadata", "name"), changed.uid) == ("settings", made.uid)
    assert ("tester", "Apply", "") in managers(changed)


def test_what_a_hook_makes_is_read_defaulted_and_validated_like_anything_else() -> None:
    def sidecar(review: Review) -> JsonObject:
        containers = dig(review.body, "spec", "template", "spec", "containers")
        assert isinstance(containers, list)
        containers.append({"name": "proxy", "image": "proxy:1", "unknown": 1})
        return review.body

    client = client_with(MutatingHook(name="h.example.com", call=sidecar))
    reply = client.create(deployment()).expect(201)
    proxy = dig(reply.body, "spec", "template", "spec", "containers")
    assert isinstance(proxy, list)
    assert (dig(proxy[1], "imagePullPolicy"), dig(proxy[1], "unknown")) == ("IfNotPresent", None)
    assert client.apply(deployment(), force=True).expect(422).causes == [
        ("FieldValueDuplicate", "spec.template.spec.containers[2].name")
    ]


def test_hooks_are_asked_in_order_and_validating_ones_see_the_outcome() -> None:
    seen: list[object] = []

    def look(review: Review) -> None:
        seen.append((review.operation, review.kind, review.name, dig(review.body, "metadata", "labels", "injected")))

    client = client_with(ValidatingHook(name="v.example.com", call=look), LABEL)
    client.create(config_map(a="1"))
    client.apply(config_map(a="2"), force=True)
    client.delete(config_map())
    assert seen == [
        ("CREATE", "ConfigMap", "settings", "yes"),
        ("UPDATE", "ConfigMap", "settings", "yes"),
        ("DELETE", "ConfigMap", "settings", None),
    ]


def test_a_hook_can_keep_an_object_from_being_deleted() -> None:
    def keep(review: Review) -> None:
        if review.operation == "DELETE" and dig(review.old, "metadata", "labels", "keep"):
            raise Denied("kept")

    client = client_with(ValidatingHook(name="keep.example.com", call=keep))
    client.create(with_metadata(config_map(), labels={"keep": "yes"}))
    assert client.delete(config_map()).expect(403).message.endswith("kept")
    path = client.path("v1", "ConfigMap")
    assert client.call("DELETE", path).expect(403).message.endswith("kept")


def test_subresources_and_the_clusters_own_writes_pass_by_the_hooks() -> None:
    allow: list[str] = []

    def only_creates(review: Review) -> None:
        if review.operation != "CREATE":
            raise Denied("no")
        allow.append(review.name)

    client = client_with(ValidatingHook(name="h.example.com", call=only_creates))
    made = client.create(service()).expect(201)
    assert client.replace(made.body, subresource="status").status == 200
    assert allow == ["web"]
