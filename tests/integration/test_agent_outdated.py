"""A revision that hangs is not waited for once there is a newer one, which goes on from what it wrote."""

from __future__ import annotations

import threading

import pytest
from attrs import evolve

from agent_support import trying
from brokkr_agent.reconcile import Deployment
from brokkr_agent.rules import AfterCrash, Rollback, Rules
from brokkr_agent.target import Target
from brokkr_core.model.events import Event, ObjectWaiting, PlanMade, RollbackFinished
from brokkr_core.model.json import Json, dig
from brokkr_core.model.outcome import Action, Report
from brokkr_core.rollback import Verdict
from crash_support import Doomed
from engine_play import live
from prune_support import RULES
from rollback_support import deployment
from stage_support import config_map, wait_for

NEVER_READY = deployment("web", replicas=1)
#: Longer than a test may take.
PATIENT = evolve(RULES, apply=evolve(RULES.apply, ready_timeout_seconds=1000.0))
HURRIED = evolve(RULES, apply=evolve(RULES.apply, ready_timeout_seconds=0.05))


class Overtaken:
    """A stack in order, and then a revision that hangs until there is a newer one.

    Args:
        rules: how the one that hangs is deployed.
    """

    def __init__(self, rules: Rules = PATIENT) -> None:
        self.doomed = Doomed()
        assert self.doomed.deploy(self.doomed.revision(config_map("one", a="1"))).ok
        self.target: Target = self.doomed.target(self.doomed.client)
        self._waits = False
        self.undone: list[str] = []
        hangs = Deployment(self.target, rules, observer=self._observe, outdated=lambda: self._waits)
        self.report: Report = hangs.run(self.doomed.revision(config_map("one", a="2"), NEVER_READY))

    def _observe(self, event: Event, /) -> None:
        self._waits = self._waits or isinstance(event, ObjectWaiting)
        if isinstance(event, RollbackFinished):
            self.undone.append(event.verdict)

    def deploy(self, *documents: str, rules: Rules = HURRIED) -> Report:
        return Deployment(self.target, rules, observer=self._observe).run(self.doomed.revision(*documents))

    @property
    def value(self) -> Json:
        return dig(live(self.doomed.client, "ConfigMap", "one"), "data", "a")

    @property
    def has_web(self) -> bool:
        return live(self.doomed.client, "Deployment", "web", api="apps/v1") is not None


def test_what_was_written_stays_and_the_newer_revision_goes_on_from_it() -> None:
    overtaken = Overtaken()

    assert [(one.action, one.code) for one in overtaken.report.failed] == [(Action.NOT_OBSERVED, "Outdated")]
    assert (overtaken.report.verdict, overtaken.value, overtaken.has_web) == (Verdict.NOT_ATTEMPTED, "2", True)
    assert overtaken.deploy(config_map("one", a="3")).ok
    assert overtaken.undone == []
    assert (overtaken.value, overtaken.has_web) == ("3", False), "what has left the stack goes"
    assert overtaken.doomed.open_journals() == []


def test_nothing_is_added_to_the_record_of_the_older_one_while_the_newer_one_takes_it_over() -> None:
    overtaken = Overtaken()

    def let_it_lag(event: Event, /) -> None:
        if isinstance(event, PlanMade):  # the record was read, and not ended yet
            for timer in threading.enumerate():
                if isinstance(timer, threading.Timer):
                    timer.join()

    revision = overtaken.doomed.revision(config_map("one", a="3"))
    assert Deployment(overtaken.target, HURRIED, observer=let_it_lag).run(revision).ok
    assert overtaken.doomed.open_journals() == []


def test_both_are_put_back_when_the_newer_one_fails() -> None:
    overtaken = Overtaken()
    report = overtaken.deploy(config_map("one", a="3"), NEVER_READY)

    assert (report.ok, report.verdict) == (False, Verdict.VERIFIED_EXACT)
    assert (overtaken.value, overtaken.has_web) == ("1", False)
    assert overtaken.doomed.open_journals() == []


def test_it_is_put_back_first_where_a_run_left_in_the_middle_is() -> None:
    overtaken = Overtaken(evolve(PATIENT, after_crash=AfterCrash.ROLLBACK))
    report = overtaken.deploy(config_map("one", a="3"), rules=evolve(HURRIED, after_crash=AfterCrash.ROLLBACK))

    assert (report.ok, overtaken.undone) == (True, [Verdict.VERIFIED_EXACT])
    assert (overtaken.value, overtaken.has_web) == ("3", False)
    assert overtaken.doomed.open_journals() == []


@pytest.mark.parametrize("rollback", [Rollback.REPORT, Rollback.OFF])
def test_without_a_rollback_its_record_is_closed(rollback: Rollback) -> None:
    overtaken = Overtaken(evolve(PATIENT, rollback=rollback, after_crash=AfterCrash.ROLLBACK))

    assert (overtaken.report.verdict, overtaken.value) == (Verdict.NOT_ATTEMPTED, "2")
    assert overtaken.doomed.open_journals() == []


def test_the_agent_tells_of_each_revision_once_and_calls_the_older_one_no_success() -> None:
    with trying(ready_timeout_seconds=1000.0) as trial:
        stack = trial.add_stack("web")
        older = trial.post(stack, config_map("one", a="1") + "---\n" + NEVER_READY)
        trial.start()
        wait_for(lambda: live(trial.client, "Deployment", "web", api="apps/v1"), "what is never ready")
        newer = trial.post(stack, config_map("one", a="2"))

        assert trial.event(newer).status == "SUCCESS"
        (told,) = trial.events(older)
        assert told.status == "FAILURE"
        assert "a newer revision of the stack is there" in (told.message or "")
        assert dig(live(trial.client, "ConfigMap", "one"), "data", "a") == "2"
        assert live(trial.client, "Deployment", "web", api="apps/v1") is None
