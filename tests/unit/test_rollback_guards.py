"""What a run created stays when somebody depends on it by now, and so does what others have changed in it."""

from __future__ import annotations

import json

import pytest

from brokkr_core.model.json import Json, JsonObject, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback import Entry
from brokkr_core.rollback.attempt import Attempt
from brokkr_core.rollback.guards import keep_reason, theirs
from brokkr_core.rollback.owners import owners_at
from brokkr_core.rollback.remove import TRIES, remove
from engine_support import ScriptedCluster, Step, client_over, live, ok, refusal

PATH = "/api/v1/namespaces/shop/configmaps/one"
MOVED = refusal(409, "Conflict", "the object has been modified")
OWNER: JsonObject = {"kind": "App", "name": "boss", "uid": "u9"}


def claim(*, spec: Json = None, status: Json = None) -> JsonObject:
    return live("PersistentVolumeClaim", "data", spec=spec, status=status)


@pytest.mark.parametrize(
    ("now", "word"),
    [
        (claim(status={"phase": "Bound"}), "Bound"),
        (claim(status={"phase": "Lost"}), "Lost"),
        (claim(spec={"volumeName": "pv-1"}), "pv-1"),
        (
            live("PersistentVolumeClaim", "data", metadata={"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}),
            "bound",
        ),
        (live("PersistentVolume", "disk", namespace="", spec={"claimRef": {"name": "data"}}), "claim data"),
        (live(metadata={"ownerReferences": [OWNER]}), "App/boss"),
        (live(metadata={"finalizers": ["example.com/theirs"]}), "example.com/theirs"),
    ],
)
def test_what_somebody_depends_on_is_kept_and_the_reason_named(now: JsonObject, word: str) -> None:
    after = live(ref_of(now).kind, ref_of(now).name, namespace=ref_of(now).namespace)

    assert word in keep_reason(after, now)


@pytest.mark.parametrize(
    ("after", "now"),
    [
        (claim(), claim(status={"phase": "Pending"})),
        (claim(spec={"volumeName": "pv-1"}), claim(spec={"volumeName": "pv-1"}, status={"phase": "Pending"})),
        (
            live(metadata={"ownerReferences": [OWNER]}),
            live(metadata={"ownerReferences": [{**OWNER, "controller": True}]}),
        ),
        (live(metadata={"finalizers": ["example.com/ours"]}), live(metadata={"finalizers": ["example.com/ours"]})),
        (live(), live(metadata={"finalizers": ["kubernetes.io/pvc-protection"]})),
        (live(), live(metadata={"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]})),
        (live(), live(spec={"volumeName": "no claim"})),
    ],
    ids=["pending", "our wish", "our owner", "our finalizer", "protection", "load balancer", "other kind"],
)
def test_what_was_there_already_or_goes_by_itself_keeps_nothing(after: JsonObject, now: JsonObject) -> None:
    assert keep_reason(after, now) == ""


def scaled(replicas: int) -> JsonObject:
    entry: JsonObject = {
        "manager": "hpa",
        "operation": "Update",
        "subresource": "scale",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    return live(spec={"replicas": replicas}, metadata={"managedFields": [entry]})


@pytest.mark.parametrize(
    ("after", "now", "paths"),
    [
        (live(data={"a": "1"}), live(data={"a": "2"}), ("data.a",)),
        (live(data={"a": "1"}), live(data={}), ("data.a",)),
        (live(data={"a": "1"}), live(data={"a": "1", "b": "2"}), ()),
        (live(data={"a": "1"}), live(data={"a": "1"}, status={"phase": "x"}), ()),
        (live(rules=[]), live(rules=[{"verbs": ["get"]}]), ()),
        (live(flag=False), live(flag=True), ("flag",)),
        (live(count=0), live(count=1), ("count",)),
        (live(spec={"replicas": 1}), scaled(5), ()),
    ],
    ids=["changed", "removed", "added", "status", "filled in", "flag", "zero", "scaled"],
)
def test_only_a_value_of_ours_that_is_gone_is_somebody_elses_word(
    after: JsonObject, now: JsonObject, paths: tuple[str, ...]
) -> None:
    assert theirs(after, now) == paths


CREATED = Entry(ref=ref_of(live()), before=None, after=live(), created=True)


def removed(scripts: dict[str, Step | list[Step]], *, now: JsonObject | None = None) -> tuple[Attempt, ScriptedCluster]:
    cluster = ScriptedCluster(scripts)
    return remove(client_over(cluster), CREATED, now or live(), after=live(), ours={}), cluster


def locks(cluster: ScriptedCluster) -> list[Json]:
    return [dig(json.loads(one.body), "preconditions") for one in cluster.requests if one.method == "DELETE"]


def test_a_deletion_names_the_uid_and_the_version_that_was_looked_at() -> None:
    attempt, cluster = removed({f"DELETE {PATH}": ok({})}, now=live(version="7"))

    assert attempt == Attempt(entry=CREATED)
    assert locks(cluster) == [{"uid": "u1", "resourceVersion": "7"}]


def test_an_object_that_moved_is_decided_about_again() -> None:
    adopted = live(version="8", metadata={"ownerReferences": [OWNER]})
    attempt, cluster = removed({f"DELETE {PATH}": MOVED, f"GET {PATH}": ok(adopted)})

    assert "App/boss" in attempt.kept
    assert len(locks(cluster)) == 1


def test_an_object_whose_status_never_holds_still_is_deleted_by_its_uid() -> None:
    attempt, cluster = removed({f"DELETE {PATH}": [*[MOVED] * TRIES, ok({})], f"GET {PATH}": ok(live(version="8"))})

    assert attempt == Attempt(entry=CREATED)
    assert locks(cluster)[-1] == {"uid": "u1"}
    assert len(locks(cluster)) == TRIES + 1


def test_a_deletion_that_is_under_way_already_is_not_asked_for_again() -> None:
    going = live(version="8", metadata={"deletionTimestamp": "now", "finalizers": ["example.com/theirs"]})
    attempt, cluster = removed({f"DELETE {PATH}": MOVED, f"GET {PATH}": ok(going)})

    assert attempt == Attempt(entry=CREATED)
    assert len(locks(cluster)) == 1


def owned(*entries: tuple[str, JsonObject]) -> JsonObject:
    fields: list[Json] = [{"manager": name, "operation": "Update", "fieldsV1": inner} for name, inner in entries]
    return live(metadata={"managedFields": fields})


@pytest.mark.parametrize(
    ("path", "managers"),
    [
        ("data.a", ("one", "two")),
        ("data[a.b]", ("one",)),
        ("data.c", ()),
        ("data", ("one", "two")),
        ("spec.containers[name=web].image", ("two",)),
        ("spec.selector.app", ("one",)),
        ("spec.ports", ("two",)),
    ],
)
def test_a_path_has_the_managers_that_own_it_or_something_in_it_or_an_atomic_value_around_it(
    path: str, managers: tuple[str, ...]
) -> None:
    body = owned(
        ("one", {"f:data": {".": {}, "f:a": {}, "f:a.b": {}}, "f:spec": {"f:selector": {}}}),
        (
            "two",
            {
                "f:data": {"f:a": {}},
                "f:spec": {
                    "f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}},
                    "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}},
                },
            },
        ),
    )

    assert owners_at(body, path) == managers
