"""What a kubelet answers to a request for a log: which lines, of which run, and the words when there are none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import islice

import pytest

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.cluster import EmbeddedCluster, Grant, Rbac, Settings, User, restart_container, write_log
from brokkr_core.testing.cluster.clock import START, rfc3339
from cluster_support import HttpTransport
from stage_support import wait_for
from telemetry_support import pod_of, put

LOG = "/api/v1/namespaces/default/pods/web/log"


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """A cluster with a pod that runs."""
    with EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=1.0)) as embedded:
        put(embedded, pod_of("web"), plural="pods")
        embedded.advance(2.0)
        yield embedded


def log(cluster: EmbeddedCluster, **query: str) -> Response:
    return cluster.transport().send(Request(method="GET", path=LOG, query=query), timeout_seconds=5.0)


def text(cluster: EmbeddedCluster, **query: str) -> str:
    answer = log(cluster, **query)
    assert answer.status == 200, answer.body
    return answer.body.decode()


def message(cluster: EmbeddedCluster, **query: str) -> str:
    answer = log(cluster, **query)
    assert answer.status == 400
    return answer.body.decode()


def test_lines_come_as_text_with_their_times_where_they_are_asked_for(cluster: EmbeddedCluster) -> None:
    assert text(cluster) == ""
    write_log(cluster, "web", "one\ntwo\n")

    assert log(cluster).content_type == "text/plain"
    assert text(cluster) == "one\ntwo\n"
    at = (START + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S.00000")
    assert text(cluster, timestamps="true") == f"{at}0000Z one\n{at}1000Z two\n"


def test_a_carriage_return_within_a_line_ends_none(cluster: EmbeddedCluster) -> None:
    write_log(cluster, "web", "50%\r100%\nnext")
    request = Request(method="GET", path=LOG, query={"follow": "true"})

    with closing(cluster.transport().stream(request, timeout_seconds=5.0)) as stream:
        assert list(islice(stream, 2)) == [b"50%\r100%\n", b"next\n"]


def test_the_tail_the_limit_and_the_beginning_are_the_kubelets(cluster: EmbeddedCluster) -> None:
    for number in range(1, 5):
        write_log(cluster, "web", f"line {number}")
        cluster.advance(10.0)

    assert text(cluster, tailLines="2") == "line 3\nline 4\n"
    assert text(cluster, tailLines="0") == ""
    assert text(cluster, limitBytes="9") == "line 1\nli"
    assert text(cluster, sinceSeconds="25") == "line 3\nline 4\n"
    since = rfc3339(START + timedelta(seconds=22))
    assert text(cluster, sinceTime=since) == "line 3\nline 4\n"
    assert text(cluster, sinceTime=since.replace("Z", ".9Z")) == "line 3\nline 4\n", "it is passed on in whole seconds"
    assert text(cluster, sinceTime=since, tailLines="1") == "line 4\n"


def test_a_container_that_was_started_again_has_a_log_before(cluster: EmbeddedCluster) -> None:
    assert 'previous terminated container \\"app\\" in pod \\"web\\" not found' in message(cluster, previous="true")
    write_log(cluster, "web", "old")
    restart_container(cluster, "web")
    assert text(cluster) == ""
    write_log(cluster, "web", "new")

    assert (text(cluster), text(cluster, previous="true")) == ("new\n", "old\n")


@pytest.mark.parametrize(
    ("image", "why"),
    [("does-not-exist", "trying and failing to pull image"), ("fine", "ContainerCreating")],
)
def test_a_container_that_waits_says_why(image: str, why: str) -> None:
    cluster = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=60.0))
    body = pod_of("web")
    body["spec"] = {"containers": [{"name": "app", "image": image}]}
    put(cluster, body, plural="pods")

    assert f'container \\"app\\" in pod \\"web\\" is waiting to start: {why}' in message(cluster)


def test_a_container_that_crashes_again_and_again_shows_the_run_that_ended() -> None:
    cluster = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=1.0))
    body = pod_of("web")
    body["spec"] = {"containers": [{"name": "app", "image": "always-crashes"}]}
    put(cluster, body, plural="pods")
    write_log(cluster, "web", "panic")
    cluster.advance(2.0)

    assert (text(cluster), text(cluster, previous="true")) == ("panic\n", "panic\n")


@pytest.mark.parametrize("end", ["restart", "delete"])
def test_a_log_that_is_followed_goes_on_until_its_run_or_its_pod_ends(cluster: EmbeddedCluster, end: str) -> None:
    write_log(cluster, "web", "one")
    lines: list[bytes] = []
    request = Request(method="GET", path=LOG, query={"follow": "true", "tailLines": "1"})
    stream = cluster.transport().stream(request, timeout_seconds=20.0)
    thread = threading.Thread(target=lambda: lines.extend(stream))
    thread.start()
    wait_for(lambda: lines == [b"one\n"], "the first line")
    write_log(cluster, "web", "two\nthree")
    wait_for(lambda: len(lines) == 3, "three lines")
    if end == "restart":
        restart_container(cluster, "web")
    else:
        cluster.administer(Request(method="DELETE", path=LOG.removesuffix("/log")))
    thread.join(20.0)

    assert (lines, thread.is_alive()) == ([b"one\n", b"two\n", b"three\n"], False)


def test_over_http_a_followed_log_is_streamed_as_it_is_written(cluster: EmbeddedCluster) -> None:
    transport = HttpTransport(cluster.serve())
    write_log(cluster, "web", "one")
    answers: list[Response] = []
    request = Request(method="GET", path=LOG, query={"follow": "true"})
    thread = threading.Thread(target=lambda: answers.append(transport.send(request, timeout_seconds=20.0)))
    thread.start()
    wait_for(lambda: cluster.requests.count("GET", "/log"), "the request")
    write_log(cluster, "web", "two")
    restart_container(cluster, "web")
    thread.join(20.0)

    assert [(one.content_type, one.body) for one in answers] == [("text/plain", b"one\ntwo\n")]
    assert "2026" in answers[0].headers["date"]
    assert "Jan" in answers[0].headers["date"], "an answer that goes on tells the cluster's time, too"


def test_a_log_takes_a_right_of_its_own_and_goes_with_its_pod(cluster: EmbeddedCluster) -> None:
    pods = Grant(verbs=["get"], resources=["pods"])
    users = [User(name="a", token="a", grants=[pods]), User(name="b", token="b", grants=[pods, _LOGS])]
    guarded = EmbeddedCluster(rbac=Rbac(users=users))
    put(guarded, pod_of("web"), plural="pods")
    asked = Request(method="GET", path=LOG)

    refused = guarded.transport(user="a").send(asked, timeout_seconds=1.0)
    assert (refused.status, b'cannot get resource \\"pods/log\\"' in refused.body) == (403, True)
    assert guarded.transport(user="b").send(asked, timeout_seconds=1.0).status == 204

    write_log(cluster, "web", "one")
    cluster.administer(Request(method="DELETE", path=LOG.removesuffix("/log"), query={"gracePeriodSeconds": "0"}))
    put(cluster, pod_of("web"), plural="pods")
    cluster.advance(2.0)
    assert text(cluster) == ""
    with pytest.raises(LookupError):
        write_log(cluster, "other", "x")


_LOGS = Grant(verbs=["get"], resources=["pods/log"])
