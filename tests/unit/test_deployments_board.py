"""What is kept of the attempts, for how long, and who hears of them."""

from __future__ import annotations

import json

import pytest
import structlog

from brokkr_agent.control import Api, Gate
from brokkr_agent.deployments import News, Phase, Result, result_of, routes_of
from brokkr_agent.deployments import board as under_test
from brokkr_agent.http import Answer, Request
from brokkr_core.model.json import JsonObject, as_list, as_object, dig
from brokkr_core.model.outcome import Action
from brokkr_core.rollback import Verdict
from progress_support import ONE, TWO, Troupe, finished, planned, revision, started


def ask(troupe: Troupe, path: str, **query: str) -> tuple[int, JsonObject]:
    api = Api(Gate(address="127.0.0.1"), routes_of(troupe.board))
    parameters = {name: (value,) for name, value in query.items()}
    answer = api(Request(path=path, query=parameters, headers={"host": "localhost"}))
    assert isinstance(answer, Answer)
    return answer.status, as_object(json.loads(answer.body))


def attempts(troupe: Troupe) -> list[tuple[int, bool, str]]:
    return [(one.begun.attempt, one.begun.resync, one.word) for one in troupe.board.of("s1")]


def test_attempts_are_counted_until_one_is_good_and_what_comes_then_looks_after_it() -> None:
    troupe = Troupe()
    for ok in (False, False, True, True):
        troupe.play(ok=ok)

    assert attempts(troupe) == [
        (1, True, "succeeded"),
        (3, False, "succeeded"),
        (2, False, "failed"),
        (1, False, "failed"),
    ]
    troupe.play(of=revision(identity="d2", sequence=8))
    assert attempts(troupe)[0] == (1, False, "succeeded")


def test_an_attempt_that_nobody_ended_was_interrupted() -> None:
    troupe = Troupe()
    troupe.play(planned(ONE), ok=None)
    troupe.play(ok=None)
    troupe.board.interrupted("s1")
    troupe.board.interrupted("nobody")

    assert [word for _, _, word in attempts(troupe)] == ["interrupted", "interrupted"]
    assert [one.begun.trace_id for one in troupe.board.of("s1")] == ["trace", "trace"]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_a_rollback_that_ours_came_back_in_is_called_one(verdict: Verdict) -> None:
    assert result_of(ok=True, verdict="") is Result.SUCCEEDED
    assert result_of(ok=False, verdict="") is Result.FAILED
    back = 10 <= verdict.exit_code < 20
    assert result_of(ok=False, verdict=str(verdict)) is (Result.ROLLED_BACK if back else Result.FAILED)


def test_a_stack_that_is_named_no_more_goes_once_nothing_is_done_to_it() -> None:
    troupe = Troupe()
    troupe.play(ok=None)
    troupe.play(of=revision(stack_id="s2"))
    troupe.board.keep({"s2"})
    assert len(troupe.board.of("s1")) == 1
    troupe.board.ended("s1", ok=True)
    troupe.board.keep({"s2"})

    assert (troupe.board.of("s1"), len(troupe.board.of("s2"))) == ((), 1)
    last = troupe.board.ring.after(troupe.board.ring.last - 1, seconds=0).told[0]
    assert (last.kind, last.body()) == ("removed", {"stack_id": "s1"})


def test_of_an_earlier_attempt_what_failed_is_kept() -> None:
    troupe = Troupe()
    troupe.play(planned(ONE, TWO), finished(ONE), finished(TWO, Action.FAILED, "no"), ok=False)
    troupe.play(planned(ONE, TWO), finished(ONE), finished(TWO))
    newest, earlier = troupe.board.of("s1")

    assert (len(newest.objects), newest.omitted) == (2, 0)
    assert ([(one.ref, one.message) for one in earlier.objects], earlier.omitted) == ([(TWO, "no")], 1)


def test_a_removal_that_failed_is_known_until_it_has_succeeded() -> None:
    troupe = Troupe()
    for number in (1, 2):
        troupe.board.began("s1", None)
        troupe.board.ended("s1", ok=False)
        troupe.board.keep(set())
        assert (troupe.board.of("s1")[0].word, troupe.board.of("s1")[0].begun.attempt) == ("failed", number)
    troupe.board.began("s1", None)
    troupe.board.ended("s1", ok=True)
    troupe.board.keep(set())

    assert troupe.board.of("s1") == ()
    assert [one.kind for one in troupe.board.ring.after(0, seconds=0).told].count("removed") == 1


def test_what_is_kept_is_bounded_by_stack_and_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "KEPT_IN_ALL", 7)
    troupe = Troupe()
    for _ in range(10):
        troupe.play(planned(ONE), finished(ONE))
    assert [len(one.objects) for one in troupe.board.of("s1")] == [1, 0, 0, 0, 0]
    assert [one.omitted for one in troupe.board.of("s1")] == [0, 1, 1, 1, 1]
    for number in range(5):
        troupe.play(of=revision(stack_id=f"other{number}"))
    assert len(troupe.board.everything()[0]) == 7
    assert len(troupe.board.of("s1")) == 2
    for number in range(5, 9):
        troupe.play(of=revision(stack_id=f"other{number}"))

    found = [one.begun.stack_id for one in troupe.board.everything()[0]]
    assert sorted(found) == [*(f"other{number}" for number in range(9)), "s1"], "how a stack did last is kept"


def test_a_listener_that_fails_is_told_of_in_the_log_and_harms_nobody() -> None:
    troupe = Troupe()

    def fail(_: News) -> None:
        raise RuntimeError

    troupe.board.listen(fail)
    with structlog.testing.capture_logs() as lines:
        troupe.play(planned(ONE))
    assert [line["event"] for line in lines] == ["a listener to the progress failed"] * 3
    assert [one.progress.phase for one in troupe.news] == [Phase.PLANNING, Phase.VALIDATING, Phase.VALIDATING]


def test_all_attempts_are_listed_newest_first_and_one_is_told_with_its_objects() -> None:
    troupe = Troupe()
    troupe.play(planned(ONE), started(ONE), finished(ONE, Action.FAILED, "why"), ok=False, message="1 of 1")
    troupe.clock.seconds += 1
    troupe.play(of=revision(stack_id="s2", identity="d2", sequence=8), ok=None)

    status, told = ask(troupe, "/v1/deployments")
    assert (status, [dig(one, "stack_id") for one in as_list(told["items"])]) == (200, ["s2", "s1"])
    assert told["last_event_id"] == f"{troupe.board.ring.name}-6"
    _, mine = ask(troupe, "/v1/deployments", stack="s1")
    assert [dig(one, "message") for one in as_list(mine["items"])] == ["1 of 1"]
    for name in ("s1", "d1"):
        status, one = ask(troupe, f"/v1/deployments/{name}")
        assert (status, one["sequence_id"], one["result"], one["objects_omitted"]) == (200, 7, "failed", 0)
        assert as_list(one["objects"]) == [
            {
                "api_version": "v1",
                "kind": "ConfigMap",
                "namespace": "default",
                "name": "one",
                "state": "failed",
                "action": "failed",
                "message": "why",
                "leaving": False,
            }
        ]
    assert ask(troupe, "/v1/deployments/s3")[0] == 404
