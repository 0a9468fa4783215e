"""Putting back: in which order, by which requests, and what is left alone."""

from __future__ import annotations

import json

import pytest

from brokkr_core.model.json import JsonObject, dig
from brokkr_core.model.ref import ref_of
from brokkr_core.rollback import Entry
from brokkr_core.rollback.attempt import Attempt
from brokkr_core.rollback.owners import RESTORE_MANAGER
from brokkr_core.rollback.restore import Restorer, restore_order
from engine_support import ScriptedCluster, Step, a_ref, client_over, down, listed, live, ok, refusal

PATH = "/api/v1/namespaces/shop/configmaps/one"
SECRET_PATH = "/api/v1/namespaces/shop/secrets/one"
MOVED = refusal(409, "Conflict", "the object has been modified")
ADMISSION = "admissionregistration.k8s.io"


def entry(before: JsonObject | None, after: JsonObject | None, *, created: bool = False) -> Entry:
    known = before or after
    return Entry(ref=ref_of(known) if known else a_ref(), before=before, after=after, created=created)


def named(name: str, kind: str = "ConfigMap", group: str = "", *, created: bool = True) -> Entry:
    return Entry(ref=a_ref(name, kind, group=group), before=None, after=live(), created=created)


def undone(one: Entry, scripts: dict[str, Step | list[Step]]) -> tuple[Attempt, ScriptedCluster]:
    cluster = ScriptedCluster(scripts)
    (attempt,) = Restorer(client_over(cluster)).run([one])
    return attempt, cluster


def test_the_last_write_is_undone_first() -> None:
    assert [one.ref.name for one in restore_order([named("a"), named("b"), named("c")])] == ["c", "b", "a"]


@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
def test_a_webhook_that_the_run_created_goes_before_everything(kind: str) -> None:
    hook = named("hook", kind, ADMISSION)

    assert [one.ref.name for one in restore_order([hook, named("a"), named("b")])] == ["hook", "b", "a"]


def test_a_webhook_that_was_only_changed_keeps_its_turn() -> None:
    hook = named("hook", "ValidatingWebhookConfiguration", ADMISSION, created=False)

    assert [one.ref.name for one in restore_order([hook, named("a")])] == ["a", "hook"]


def test_a_change_is_put_back_by_a_replace_that_names_the_version() -> None:
    before, after = live(version="1", data={"a": "1"}), live(version="2", data={"a": "2"})
    attempt, cluster = undone(
        entry(before, after),
        {f"GET {PATH}": ok(after), f"PUT {PATH}": [ok(live(version="3", data={"a": "1"})), ok(live(version="4"))]},
    )
    bodies = [json.loads(one.body) for one in cluster.requests if one.method == "PUT"]

    assert attempt == Attempt(entry=entry(before, after))
    assert [dig(body, "metadata", "resourceVersion") for body in bodies] == ["2", "3"]
    assert bodies[0]["data"] == {"a": "1"}
    assert all(one.query["fieldManager"] == RESTORE_MANAGER for one in cluster.requests if one.method == "PUT")


def test_what_never_changed_is_not_written() -> None:
    before = live(version="1")
    attempt, cluster = undone(entry(before, None), {f"GET {PATH}": ok(before)})

    assert attempt == Attempt(entry=entry(before, None))
    assert cluster.asked("PUT") == []


@pytest.mark.parametrize("now", [None, live(uid="u2")])
def test_what_somebody_deleted_or_replaced_is_left_alone(now: JsonObject | None) -> None:
    scripts: dict[str, Step | list[Step]] = {f"GET {PATH}": ok(now)} if now else {}
    attempt, cluster = undone(entry(live(), live(version="2")), scripts)

    assert attempt.kept
    assert cluster.asked("PUT") == []


def test_a_write_in_between_starts_the_restore_over() -> None:
    before, after = live(version="1", data={"a": "1"}), live(version="2", data={"a": "2"})
    newer = live(version="3", data={"a": "2", "theirs": "1"})
    _, cluster = undone(
        entry(before, after), {f"GET {PATH}": [ok(after), ok(newer)], f"PUT {PATH}": [MOVED, ok(newer)]}
    )
    bodies = [json.loads(one.body) for one in cluster.requests if one.method == "PUT"]

    assert bodies[1]["data"] == {"a": "1", "theirs": "1"}


def test_an_object_that_never_holds_still_is_given_up_and_named() -> None:
    attempt, _ = undone(entry(live(), live(version="2")), {f"GET {PATH}": ok(live(version="2")), f"PUT {PATH}": MOVED})

    assert "kept writing" in attempt.problem


def test_trouble_with_one_object_does_not_keep_the_others_from_going_back() -> None:
    cluster = ScriptedCluster(
        {f"GET {PATH}": down(sent=True), f"GET {SECRET_PATH}": ok(live("Secret")), f"DELETE {SECRET_PATH}": ok({})}
    )
    attempts = Restorer(client_over(cluster)).run(
        [entry(None, live("Secret"), created=True), entry(live(), live(version="2"))]
    )

    assert [bool(one.problem) for one in attempts] == [True, False]
    assert cluster.asked("DELETE") == [f"DELETE {SECRET_PATH}"]


def test_what_the_server_says_of_a_secret_goes_nowhere() -> None:
    after = live("Secret", version="2")
    refused = refusal(422, "Invalid", "hunter2 is bad")
    attempt, _ = undone(entry(live("Secret"), after), {f"GET {SECRET_PATH}": ok(after), f"PUT {SECRET_PATH}": refused})

    assert "Invalid" in attempt.problem
    assert "hunter2" not in attempt.problem


def test_what_the_run_created_is_deleted_by_uid() -> None:
    attempt, cluster = undone(entry(None, live(), created=True), {f"GET {PATH}": ok(live()), f"DELETE {PATH}": ok({})})
    (deletion,) = (one for one in cluster.requests if one.method == "DELETE")

    assert (attempt.kept, attempt.problem) == ("", "")
    assert dig(json.loads(deletion.body), "preconditions", "uid") == "u1"


def test_what_somebody_made_anew_is_kept() -> None:
    attempt, cluster = undone(entry(None, live(), created=True), {f"GET {PATH}": ok(live(uid="u2"))})

    assert attempt.kept
    assert cluster.asked("DELETE") == []


@pytest.mark.parametrize(
    ("after", "word"),
    [(None, "nobody knows"), (live(), "somebody else created it")],
    ids=["lost answer", "created by other"],
)
def test_what_we_may_or_may_not_have_created_is_a_problem_and_not_called_kept(
    after: JsonObject | None, word: str
) -> None:
    attempt, cluster = undone(entry(None, after), {f"GET {PATH}": ok(live())})

    assert word in attempt.problem
    assert attempt.kept == ""
    assert cluster.asked("DELETE") == []


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ([], False),
        ([live(name="kube-root-ca.crt")], False),
        ([live(metadata={"ownerReferences": [{"uid": "u9"}]})], False),
        ([live()], True),
    ],
    ids=["empty", "comes by itself", "owned", "foreign"],
)
def test_a_namespace_that_holds_what_others_made_is_kept(content: list[JsonObject], kept: bool) -> None:
    namespace = live("Namespace", "shop", namespace="")
    scripts: dict[str, Step | list[Step]] = {
        "GET /api/v1/namespaces/shop": ok(namespace),
        "GET /api/v1/namespaces/shop/configmaps": listed(*content),
        "GET /api/v1/namespaces/shop/secrets": listed(),
        "GET /apis/apps/v1/namespaces/shop/deployments": listed(),
        "GET /apis/example.com/v1/namespaces/shop/gadgets": listed(),
        "DELETE /api/v1/namespaces/shop": ok({}),
    }
    attempt, cluster = undone(entry(None, namespace, created=True), scripts)

    assert bool(attempt.kept) is kept
    assert bool(cluster.asked("DELETE")) is not kept


def test_a_namespace_is_not_deleted_over_what_took_the_place_of_our_object() -> None:
    namespace = live("Namespace", "shop", namespace="")
    scripts: dict[str, Step | list[Step]] = {
        "GET /api/v1/namespaces/shop": ok(namespace),
        f"GET {PATH}": ok(live(uid="theirs")),
        "GET /api/v1/namespaces/shop/configmaps": listed(live(uid="theirs")),
    }
    cluster = ScriptedCluster(scripts)
    attempts = Restorer(client_over(cluster)).run(
        [entry(None, namespace, created=True), entry(None, live(), created=True)]
    )

    assert all(one.kept for one in attempts)
    assert cluster.asked("DELETE") == []
