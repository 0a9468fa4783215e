"""What each endpoint says about each picture of the agent; upstream's words and fields are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from attrs import evolve

from brokkr_agent.health import PATHS, Board, Component, Picture, answer_to
from brokkr_agent.health.answers import METRICS
from brokkr_agent.http import Answer, Request
from brokkr_agent.lines import Heard, Side
from brokkr_agent.vitals import SHOWN, Vitals
from brokkr_core.model.json import JsonObject, as_object

AT = datetime(2026, 8, 2, 10, 5, 3, 100000, tzinfo=UTC)
UP = Component().works(AT, 0.0031)
DOWN = UP.fails(AT, "connection refused")
POLL = Vitals(name="poll", limit_seconds=300.0)
WELL = Picture(
    at=AT,
    now=1000.0,
    uptime_seconds=3600,
    version="0.1.0",
    draining=False,
    kubernetes=UP,
    broker=UP,
    last_heartbeat=AT,
    workers=(POLL.began(1.0).did_well(2.0, AT),),
    metrics=lambda: b"up 1\n",
)
STUCK = evolve(WELL, workers=(*WELL.workers, evolve(POLL, name="lease").began(1.0)))


def ask(path: str, picture: Picture = WELL, *, verbose: bool = False) -> Answer:
    return answer_to(Request(path=path, query={"verbose": ("",)} if verbose else {}), picture)


def said(path: str, picture: Picture = WELL) -> tuple[int, str]:
    answer = ask(path, picture)
    return answer.status, answer.body.decode()


def health(picture: Picture, *, verbose: bool = False) -> tuple[int, JsonObject]:
    answer = ask("/health", picture, verbose=verbose)
    return answer.status, as_object(json.loads(answer.body))


def test_an_agent_that_is_well_says_so_in_upstreams_words() -> None:
    assert [said(path) for path in ("/healthz", "/livez", "/readyz")] == [(200, "OK"), (200, "OK"), (200, "Ready")]


@pytest.mark.parametrize(
    ("picture", "readyz"),
    [
        (evolve(WELL, kubernetes=DOWN), (503, "Kubernetes API unavailable")),
        (evolve(WELL, kubernetes=Component()), (503, "Kubernetes API unavailable")),
        (evolve(WELL, draining=True), (503, "draining")),
        (evolve(WELL, broker=DOWN), (200, "Ready")),
        (STUCK, (200, "Ready")),
    ],
)
def test_an_agent_is_ready_when_its_cluster_answers_whatever_the_broker_does(
    picture: Picture, readyz: tuple[int, str]
) -> None:
    assert said("/readyz", picture) == readyz
    assert said("/healthz", picture) == (200, "OK")


@pytest.mark.parametrize("picture", [evolve(WELL, kubernetes=DOWN, broker=DOWN), evolve(WELL, draining=True)])
def test_no_trouble_of_others_and_no_drain_is_a_reason_to_kill_the_agent(picture: Picture) -> None:
    assert said("/livez", picture) == (200, "OK")


def test_a_worker_or_a_stack_that_is_stuck_is_a_reason_and_is_named() -> None:
    assert said("/livez", STUCK) == (503, "stuck: lease")
    assert said("/livez", evolve(WELL, overdue=("s1",))) == (503, "stuck: stack s1")


def test_a_worker_that_crashes_again_and_again_is_told_and_is_not_stuck() -> None:
    crashed = evolve(WELL, workers=(POLL.began(1.0).did_crash(2.0, "the agent itself failed: KeyError"),))

    assert said("/livez", crashed) == (200, "OK")
    assert "[-] worker poll: state crashed, for_seconds 998.0, last_error the agent itself failed: KeyError" in (
        ask("/livez", crashed, verbose=True).body.decode()
    )


def test_the_health_of_an_agent_that_is_well_has_upstreams_fields_and_no_others() -> None:
    assert health(WELL) == (
        200,
        {
            "status": "healthy",
            "kubernetes": {"connected": True},
            "broker": {"connected": True, "last_heartbeat": "2026-08-02T10:05:03.100000+00:00"},
            "uptime_seconds": 3600,
            "version": "0.1.0",
            "timestamp": "2026-08-02T10:05:03.100000+00:00",
        },
    )


def test_the_health_of_an_agent_that_is_not_tells_the_error_and_leaves_out_what_never_was() -> None:
    status, told = health(evolve(WELL, kubernetes=DOWN, broker=DOWN, last_heartbeat=None))

    assert (status, told["status"]) == (503, "unhealthy")
    assert told["kubernetes"] == {"connected": False, "error": "connection refused"}
    assert told["broker"] == {"connected": False}


def test_a_broker_counts_as_connected_until_it_turns_out_otherwise_and_a_cluster_does_not() -> None:
    status, told = health(evolve(WELL, kubernetes=Component(), broker=Component()))

    assert status == 503
    assert told["kubernetes"] == {"connected": False, "error": "not asked yet"}
    assert as_object(told["broker"])["connected"] is True


def test_verbose_tells_every_component_with_its_past() -> None:
    _, told = health(evolve(STUCK, broker=DOWN), verbose=True)
    time = "2026-08-02T10:05:03.100000+00:00"

    assert told["components"] == {
        "kubernetes": {"up": True, "state": "up", "since": time, "last_success": time, "latency_seconds": 0.0031},
        "broker": {
            "up": False,
            "state": "down",
            "since": time,
            "last_success": time,
            "last_error": "connection refused",
            "latency_seconds": 0.0031,
        },
        "worker poll": {"up": True, "state": "waiting", "last_success": time, "latency_seconds": 1.0},
        "worker lease": {"up": False, "state": "stuck", "for_seconds": 999.0, "latency_seconds": 0.0},
    }


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_verbose_is_a_line_per_component_and_the_answer_in_the_last(path: str) -> None:
    lines = ask(path, verbose=True).body.decode().splitlines()

    assert [line.partition(":")[0] for line in lines[:-1]] == ["[+] kubernetes", "[+] broker", "[+] worker poll"]
    assert lines[-1] == said(path)[1]


def test_an_error_of_several_lines_cannot_fake_a_line_of_its_own() -> None:
    answer = ask("/readyz", evolve(WELL, broker=DOWN.fails(AT, "x\n[+] broker: up")), verbose=True)

    assert [line[:3] for line in answer.body.decode().splitlines()[:-1]] == ["[+]", "[-]", "[+]"]


def test_metrics_are_what_they_are() -> None:
    assert ask("/metrics") == Answer(status=200, body=b"up 1\n", content_type=METRICS)


@pytest.mark.parametrize("path", ["/", "/livez/", "/Livez", "/livez/poll", "/../livez", "//livez"])
def test_other_paths_name_the_ones_there_are(path: str) -> None:
    status, text = said(path)

    assert status == 404
    assert all(one in text for one in PATHS)


def told_of(side: Side, kind: str, status: int | None = 200) -> Heard:
    return Heard(side=side, kind=kind, seconds=0.1, status=status, error="" if status else "no answer")


def test_the_board_believes_the_requests_that_tell_and_no_others() -> None:
    board = Board(lambda: AT)
    board.hear(told_of(Side.KUBERNETES, "apply", None))
    board.hear(told_of(Side.BROKER, "outcome", 500))
    assert (board.component(Side.KUBERNETES), board.component(Side.BROKER)) == (Component(), Component())

    board.hear(told_of(Side.KUBERNETES, "version", None))
    board.hear(told_of(Side.BROKER, "target-state", 503))
    assert board.component(Side.KUBERNETES).last_error == "no answer"
    assert board.component(Side.BROKER).last_error == "target-state: HTTP 503"
    assert board.last_heartbeat is None

    board.hear(told_of(Side.BROKER, "heartbeat"))
    assert board.component(Side.BROKER).up is True
    assert board.last_heartbeat == AT


def test_since_is_when_it_changed_and_a_long_error_is_cut() -> None:
    later = datetime(2026, 8, 2, 11, tzinfo=UTC)

    assert UP.works(later, 0.1).since == AT
    assert UP.fails(later, "x").since == later
    assert DOWN.fails(later, "x").since == AT
    assert len(UP.fails(later, "x" * 10_000).last_error) == SHOWN


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X"])
def test_other_methods_are_refused(method: str) -> None:
    answer = answer_to(Request(method=method, path="/livez"), WELL)

    assert (answer.status, answer.headers) == (405, (("Allow", "GET, HEAD"),))
