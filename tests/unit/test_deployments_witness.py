"""What the witness of progress makes of how attempts and removals end."""

from __future__ import annotations

import pytest

from brokkr_agent.deployments import Result
from brokkr_agent.deployments.witness import DeploymentWitness
from brokkr_agent.stop import Stop
from brokkr_core.model.outcome import Action, Outcome, Report
from progress_support import GONE

FAILED = Report(outcomes=(Outcome(ref=GONE, action=Action.FORBIDDEN, code="Forbidden", message="no right"),))


@pytest.mark.parametrize(
    ("report", "message", "result", "told"),
    [
        (None, "the cluster does not answer", Result.FAILED, ["the cluster does not answer"]),
        (FAILED, "", Result.FAILED, ["1 of 1 objects did not succeed", "Forbidden: no right"]),
        (Report(), "", Result.SUCCEEDED, [""]),
    ],
)
def test_a_removal_that_failed_says_why(report: Report | None, message: str, result: Result, told: list[str]) -> None:
    witness = DeploymentWitness(Stop())
    witness.began("s1", None)
    witness.removed("s1", report, message)

    (ended,) = witness.board.of("s1")
    assert ended.result is result
    assert all(part in ended.message for part in told)
