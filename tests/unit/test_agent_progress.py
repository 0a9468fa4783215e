"""What a person sees of a run."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_agent.progress import Progress, forecast_lines, outcome_line, plan_lines, report_lines
from brokkr_core.model.change import Change
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectStarted,
    ObjectWaiting,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.manifest import Origin
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.reversibility import Classed, Reversibility
from brokkr_core.model.wire import CHECKSUM
from engine_support import a_ref, live, wanted

EDGE = Edge(before=a_ref("a"), after=a_ref("b"), kind=EdgeKind.REFERENCE, because="it says so")
PLAN = Plan(
    manifests=(wanted(live(name="a")), wanted(live(name="b"))),
    edges=(EDGE,),
    dropped=(Edge(before=a_ref("b"), after=a_ref("a"), kind=EdgeKind.WEBHOOK, hard=False, because="it would rather"),),
    waves=((a_ref("a"),), (a_ref("b"),)),
)


def outcome(action: Action, *changed: str, message: str = "", code: str = "") -> Outcome:
    origin = Origin(source="all.yaml", document=1, first_line=3, last_line=4)
    return Outcome(ref=a_ref(), action=action, changed=changed, message=message, code=code, origin=origin)


def shown(event: Event, prefix: str = "") -> list[str]:
    lines: list[str] = []
    Progress(lines.append, prefix=prefix)(event)
    return lines


def test_a_plan_is_shown_wave_by_wave_with_its_reasons() -> None:
    assert plan_lines(PLAN) == [
        "plan: 2 objects in 2 waves",
        "  wave 1",
        "    ConfigMap/shop/a",
        "  wave 2",
        "    ConfigMap/shop/b  after ConfigMap/shop/a (reference)",
        "  gave way: ConfigMap/shop/a waits for ConfigMap/shop/b: it would rather",
    ]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (outcome(Action.CREATED), "+ ConfigMap/shop/one  created"),
        (outcome(Action.UNCHANGED), "= ConfigMap/shop/one  unchanged"),
        (outcome(Action.PRUNED), "- ConfigMap/shop/one  pruned"),
        (outcome(Action.CONFIGURED, "data.a"), "~ ConfigMap/shop/one  configured  data.a"),
        (outcome(Action.CONFIGURED, *"abcde"), "~ ConfigMap/shop/one  configured  a, b, c and 2 more"),
        (
            outcome(Action.CONFIGURED, f"metadata.annotations[{CHECKSUM}]"),
            "~ ConfigMap/shop/one  configured  revision stamp only",
        ),
        (outcome(Action.SKIPPED, message="kept", code="Owned"), "· ConfigMap/shop/one  skipped  kept"),
        (
            outcome(Action.INVALID, message="bad", code="Invalid"),
            "! ConfigMap/shop/one  invalid  Invalid: bad [all.yaml:3 (document 1)]",
        ),
    ],
)
def test_an_outcome_is_one_line(outcome: Outcome, line: str) -> None:
    assert outcome_line(outcome) == line


def test_a_forecast_of_a_change_shows_its_fields_and_not_the_stamp() -> None:
    stamp = Change(path=f"metadata.annotations[{CHECKSUM}]", before='"1"', after='"2"')
    field = Change(path="data.a", before='"1"', after=None)
    forecast = evolve(outcome(Action.CONFIGURED, "data.a"), changes=(field, stamp))

    assert forecast_lines(forecast) == ["~ ConfigMap/shop/one  configured", '    data.a: "1" -> absent']
    assert forecast_lines(evolve(forecast, changes=(stamp,), changed=(stamp.path,)))[1:] == []


def test_what_cannot_be_taken_back_exactly_is_said_once() -> None:
    sealed = Classed(reversibility=Reversibility.IDENTITY_LOSS, reason="it stays", paths=("immutable",))
    field = Change(path="immutable", before=None, after="true")
    forecast = evolve(outcome(Action.CONFIGURED, "immutable"), changes=(field,), classed=sealed)
    refused = evolve(outcome(Action.FORBIDDEN, code="Irreversible", message=f"no: {sealed}"), classed=sealed)

    assert forecast_lines(forecast) == [
        "~ ConfigMap/shop/one  configured  identity-loss at immutable: it stays",
        "    immutable: absent -> true",
    ]
    assert outcome_line(refused).count("it stays") == 1


def test_a_forecast_of_many_changes_is_cut() -> None:
    fields = tuple(Change(path=f"data.k{number:02}", before="1", after="2") for number in range(25))
    lines = forecast_lines(evolve(outcome(Action.CONFIGURED), changes=fields))

    assert lines[0] == "~ ConfigMap/shop/one  configured"
    assert lines[1:11] == [f"    {field}" for field in fields[:10]]
    assert lines[11:] == ["    ... 15 more"]


def test_a_forecast_of_anything_else_is_one_line() -> None:
    born = evolve(outcome(Action.CREATED), changes=(Change(path="data.a", before=None, after="1"),))

    assert forecast_lines(born) == ["+ ConfigMap/shop/one  created"]


@pytest.mark.parametrize("action", Action)
def test_every_outcome_can_be_shown(action: Action) -> None:
    assert str(action) in outcome_line(outcome(action))


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (Report(), "done: nothing to do"),
        (Report(outcomes=(outcome(Action.CREATED),), dry_run=True), "dry run: 1 created"),
        (Report(outcomes=(outcome(Action.FAILED),), verdict="PARTIAL"), "FAILED: 1 failed; rollback: PARTIAL"),
    ],
)
def test_the_end_of_a_run_is_one_line(report: Report, line: str) -> None:
    assert report_lines(report) == [line]


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (ObjectStarted(ref=a_ref()), 0),
        (ObjectWaiting(ref=a_ref(), reason="1 of 2"), 1),
        (ObjectFinished(outcome=outcome(Action.CREATED)), 1),
        (PlanMade(plan=PLAN, prune=(a_ref("old"),)), 7),
        (RollbackStarted(because="it failed", objects=(a_ref(),)), 1),
        (RollbackFinished(verdict="PARTIAL", lines=("a", "b")), 3),
        (RunFinished(report=Report()), 1),
    ],
)
def test_every_event_has_its_lines_each_with_the_prefix(event: Event, lines: int) -> None:
    found = shown(event, prefix="[web] ")

    assert len(found) == lines
    assert all(line.startswith("[web] ") for line in found)


def test_what_is_about_to_be_pruned_is_said_with_the_plan() -> None:
    assert shown(PlanMade(plan=PLAN, prune=(a_ref("old"),)))[-1] == "  to prune after success: ConfigMap/shop/old"
