"""The page about the audit trail says what the code writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit_support import open_trail_in, records_in
from brokkr_agent.audit.attempts import NAMED
from brokkr_agent.audit.broker_line import FINGERPRINT_DIGITS
from brokkr_agent.audit.cluster_line import RENEWALS, answer_result, error_result
from brokkr_agent.audit.policy import Fsync, OnFailure, Policy
from brokkr_agent.audit.record import VERSION, Action, Actor, Draft, Stage
from brokkr_agent.audit.segments import Segments
from brokkr_agent.audit.trail import Trail
from brokkr_agent.audit.work import working
from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.ref import ObjectRef

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "reference" / "audit.md").read_text()


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Return the rest of every row by its first cell."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", section(title), re.MULTILINE))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> JsonObject:
    """Write a record in which nothing is empty."""
    place = tmp_path_factory.mktemp("audit")
    open_trail_in(place).close()
    segments = Segments(place)
    trail = Trail(segments, segments.open().head, policy=Policy(), trace=lambda: "t")
    trail.actor = Actor(id="a", name="n")
    ref = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")
    with working("s", "r"):
        trail.tell(
            Draft(
                stage=Stage.OUTCOME,
                action=Action.RESOURCE_APPLY,
                intent="i",
                ref=ref,
                uid="u",
                manager="m",
                own=True,
                result={"status": 200},
                facts={"request": "PATCH /x"},
            )
        )
    trail.close()
    return records_in(place)[-2]


def test_every_field_is_described_and_no_other(whole: JsonObject) -> None:
    fields = rows("Fields")

    assert set(fields) == set(whole)
    for name in ("actor", "object"):
        assert set(re.findall(r"`(\w+)`", fields[name])) - {"agent"} == set(as_object(whole[name]))
    assert fields["v"] == f"Version of this table: {VERSION}."


def test_every_stage_and_every_action_is_described() -> None:
    assert list(rows("Stages")) == [str(one) for one in Stage]
    assert list(rows("Actions")) == [str(one) for one in Action]


def test_what_is_told_of_an_answer_is_described() -> None:
    request = Request(method="PATCH", path="/x")
    good = Response.of_json(200, {"metadata": {"uid": "u", "resourceVersion": "1"}}, {"audit-id": "k"})
    told = answer_result(request, good) | answer_result(request, Response(status=500))
    told |= error_result(ClusterUnreachableError("cut"))

    assert set(told) - {"uid"} == {name for name, row in rows("Result").items() if row.startswith("requests")}


def test_every_number_and_every_policy_is_the_one_in_the_code() -> None:
    guide = (DOCS / "how-to" / "keep-an-audit-trail.md").read_text()

    assert f"after {RENEWALS} renewals" in PAGE
    assert NAMED == 100
    assert "a hundred by name" in PAGE
    assert f"is {FINGERPRINT_DIGITS} digits" in PAGE
    assert re.findall(r"^\| `(\w+)` \| [a-z]", guide, re.MULTILINE) == [str(one) for one in Fsync]
    assert [one for one in OnFailure if f'"{one}"' not in guide] == []
