"""Print plans and reports, for people or for programs."""

from __future__ import annotations

import json

import click

from brokkr_agent.errors import FAILED
from brokkr_agent.progress import forecast_lines, plan_lines, report_lines
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan


def show_plan(plan: Plan, output: str) -> None:
    """Print a plan.

    Args:
        plan: the plan.
        output: ``text`` or ``json``.
    """
    if output == "text":
        for line in plan_lines(plan):
            click.echo(line)
        return
    waves = [[str(ref) for ref in wave] for wave in plan.waves]
    edges = [{"before": str(e.before), "after": str(e.after), "kind": e.kind, "because": e.because} for e in plan.edges]
    click.echo(json.dumps({"waves": waves, "edges": edges}, indent=2))


def show_report(report: Report, output: str, *, atomic: bool = False) -> None:
    """Print what was not shown while the run went on, and leave with the exit code that fits.

    Args:
        report: the report of a run or of a dry run.
        output: ``text`` or ``json``.
        atomic: whether a failed run was to be put back; then the verdict chooses the exit code.

    Raises:
        SystemExit: something in it failed.
    """
    if output == "json":
        click.echo(json.dumps(report.to_json(), indent=2))
    elif report.dry_run or not report.begun:
        shown = [line for outcome in report.outcomes for line in forecast_lines(outcome)]
        for line in [*shown, *(report_lines(report) if report.dry_run else [])]:
            click.echo(line)
    if not report.ok:
        raise SystemExit(exit_code_of(report.verdict) if atomic and report.verdict else FAILED)


def exit_code_of(verdict: str) -> int:
    """Return what a command ends with whose run failed and was put back as far as the verdict says."""
    from brokkr_core.rollback import Verdict  # noqa: PLC0415 - only after a rollback

    return Verdict(verdict).exit_code or FAILED
