"""The client's verbs on a scripted line: what is sent, what is sent again, and what comes back."""

from __future__ import annotations

import json

import pytest

from brokkr_core.errors import (
    ApiError,
    ClusterUnreachableError,
    InvalidError,
    ServerFaultError,
    StaleWriteError,
    StoppedError,
    UnknownKindError,
)
from brokkr_core.kube import KubeClient
from brokkr_core.model.http import Response
from brokkr_core.model.json import dig
from brokkr_core.retry import Outcome
from clock_support import ObedientClock
from engine_support import ScriptedCluster, Step, a_ref, client_over, down, listed, live, ok, refusal

PATH = "/api/v1/namespaces/shop/configmaps/one"
LIST = "/api/v1/namespaces/shop/configmaps"
LATER = refusal(503, "ServiceUnavailable", "later")


def over(
    scripts: dict[str, Step | list[Step]], *, clock: ObedientClock | None = None
) -> tuple[KubeClient, ScriptedCluster]:
    cluster = ScriptedCluster(scripts)
    return client_over(cluster, clock=clock), cluster


def test_an_absent_object_is_none_to_find_and_an_error_to_get() -> None:
    client, _ = over({})

    assert client.find(a_ref()) is None
    with pytest.raises(ApiError, match="404"):
        client.get(a_ref())


def test_a_kind_nobody_serves_is_named() -> None:
    client, _ = over({})
    with pytest.raises(UnknownKindError, match="serves no v1 Nonsense"):
        client.find(a_ref(kind="Nonsense"))


def test_metadata_alone_is_asked_for_in_the_servers_own_words() -> None:
    client, cluster = over({f"GET {PATH}": ok(live())})
    client.get(a_ref(), metadata_only=True)

    assert "as=PartialObjectMetadata;g=meta.k8s.io;v=v1" in cluster.requests[-1].headers["accept"]


def test_a_collection_is_read_page_by_page() -> None:
    pages: list[Step] = [ok({"metadata": {"continue": "next"}, "items": [live(name="a")]}), listed(live(name="b"))]
    client, cluster = over({f"GET {LIST}": pages})
    found = list(client.list(client.resource(a_ref()), namespace="shop", labels="a=b"))

    assert [dig(body, "metadata", "name") for body in found] == ["a", "b"]
    assert [dict(one.query) for one in cluster.requests if one.path == LIST] == [
        {"limit": "500", "labelSelector": "a=b"},
        {"limit": "500", "labelSelector": "a=b", "continue": "next"},
    ]


def test_items_of_a_list_get_the_kind_they_lack() -> None:
    client, _ = over({f"GET {LIST}": listed({"metadata": {"name": "a"}})})
    (body,) = client.list(client.resource(a_ref()), namespace="shop")

    assert (body["apiVersion"], body["kind"]) == ("v1", "ConfigMap")


@pytest.mark.parametrize(("status", "created"), [(200, False), (201, True)])
def test_an_apply_says_what_it_did_and_carries_everything_strictly(status: int, created: bool) -> None:
    client, cluster = over({f"PATCH {PATH}": ok(live(), status)})
    applied = client.apply(live(), a_ref(), manager="m", force=True, dry_run=True)
    request = cluster.requests[-1]

    assert applied.created is created
    assert dict(request.query) == {"fieldManager": "m", "fieldValidation": "Strict", "force": "true", "dryRun": "All"}
    assert request.headers["content-type"] == "application/apply-patch+yaml"


def test_a_deletion_names_the_uid_and_tells_whether_the_object_was_there() -> None:
    client, cluster = over({f"DELETE {PATH}": [ok({}), refusal(404, "NotFound", "gone")]})

    assert client.delete(a_ref(), uid="u1")
    assert dig(json.loads(cluster.requests[-1].body), "preconditions") == {"uid": "u1"}
    assert not client.delete(a_ref(), uid="u1")


def test_a_deletion_of_somebody_elses_object_is_refused() -> None:
    client, _ = over({f"DELETE {PATH}": refusal(409, "Conflict", "uid mismatch")})
    with pytest.raises(StaleWriteError):
        client.delete(a_ref(), uid="u1")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_trouble_is_tried_again(status: int) -> None:
    client, _ = over({f"GET {PATH}": [refusal(status, "", "later"), ok(live())]})

    assert client.get(a_ref()) == live()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 501])
def test_a_settled_no_is_not_tried_again(status: int) -> None:
    client, cluster = over({f"GET {PATH}": [refusal(status, "", "no"), ok(live())]})
    with pytest.raises(ApiError):
        client.get(a_ref())

    assert len(cluster.asked()) == 1


@pytest.mark.parametrize(
    "message",
    [
        "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.x: field not declared in schema",
        "failed to convert new object (/s; /v1, Kind=Secret) to proper version: illegal base64 data at input byte 3",
    ],
)
def test_a_schemas_no_is_not_tried_again_although_it_comes_as_500(message: str) -> None:
    refused = refusal(500, "", message)
    client, cluster = over({f"PATCH {PATH}": refused})
    with pytest.raises(InvalidError):
        client.apply(live(), a_ref(), manager="m")

    assert len(cluster.asked()) == 1


@pytest.mark.parametrize("sent", [True, False])
def test_a_line_that_comes_back_is_no_error(sent: bool) -> None:
    client, _ = over({f"PATCH {PATH}": [down(sent=sent), ok(live())]})

    assert not client.apply(live(), a_ref(), manager="m").created


def test_a_line_that_stays_down_is_the_clusters_error_and_says_how_often_it_was_tried() -> None:
    client, _ = over({f"GET {PATH}": down(sent=False)})
    with pytest.raises(ClusterUnreachableError, match="the line is down; gave up after 3 tries") as caught:
        client.get(a_ref())

    assert not caught.value.sent


def test_a_server_that_stays_broken_is_its_own_last_answer() -> None:
    client, cluster = over({f"GET {PATH}": LATER})
    with pytest.raises(ServerFaultError, match="later"):
        client.get(a_ref())

    assert len(cluster.asked()) == 3


def test_the_server_says_how_long_to_wait() -> None:
    clock = ObedientClock()
    busy = Response.of_json(429, {"kind": "Status"}, {"retry-after": "7"})
    client, _ = over({f"GET {PATH}": [busy, ok(live())]}, clock=clock)
    client.get(a_ref())

    assert clock.naps == [8.0]


def test_a_stop_ends_the_wait_for_another_try() -> None:
    client, cluster = over({f"GET {PATH}": LATER}, clock=ObedientClock(stop_after=1))
    with pytest.raises(StoppedError):
        client.get(a_ref())

    assert len(cluster.asked()) == 1


def test_who_applies_hears_of_every_try_that_is_followed_by_another() -> None:
    heard: list[Outcome] = []
    client, _ = over({f"PATCH {PATH}": [down(sent=True), LATER, ok(live())]})
    client.apply(live(), a_ref(), manager="m", on_repeat=heard.append)

    assert [one.status if isinstance(one, Response) else one.sent for one in heard] == [True, 503]


def test_the_last_try_is_not_announced_as_one_that_is_repeated() -> None:
    heard: list[Outcome] = []
    client, _ = over({f"PATCH {PATH}": LATER})
    with pytest.raises(ServerFaultError):
        client.apply(live(), a_ref(), manager="m", on_repeat=heard.append)

    assert len(heard) == 2


def test_a_page_of_a_proxy_is_no_answer() -> None:
    client, _ = over({f"GET {PATH}": Response.of_text(200, "<html>please log in</html>")})
    with pytest.raises(ApiError, match="in front of the API server") as caught:
        client.get(a_ref())

    assert "log in" not in str(caught.value)


def test_a_ping_is_one_try_and_takes_the_time_it_takes() -> None:
    clock = ObedientClock()

    def slow(_: object) -> Response:
        clock.seconds += 0.25
        return ok({"gitVersion": "v1.32.0"})

    client, _ = over({"GET /version": slow}, clock=clock)
    assert client.ping() == pytest.approx(0.25)

    broken, cluster = over({"GET /version": LATER})
    with pytest.raises(ServerFaultError):
        broken.ping()
    assert len(cluster.asked()) == 1


def test_leaving_the_context_gives_the_connections_back() -> None:
    client, cluster = over({})
    with client:
        assert not cluster.closed

    assert cluster.closed
