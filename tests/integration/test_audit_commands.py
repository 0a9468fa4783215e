"""``brokkr-agent audit`` from outside: what it says and what it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from audit_support import a_draft, open_trail_in, records_in
from brokkr_agent.audit.record import Stage
from brokkr_agent.audit.work import working
from brokkr_agent.cli import cli
from brokkr_core.model.json import as_text
from command_support import command


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    trail = open_trail_in(tmp_path)
    with working("s1"):
        done = trail.intent(a_draft())
    with working("s2"):
        trail.intent(a_draft("two"))
    trail.tell(evolve(a_draft(), stage=Stage.OUTCOME, intent=done))
    trail.tell(evolve(a_draft("brokkr-inventory-s2"), stage=Stage.EVENT, own=True))
    trail.close()
    capsys.readouterr()
    return tmp_path


def audit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["audit", *map(str, arguments)])


def test_a_whole_trail_is_told_with_its_head_and_what_that_does_not_prove(place: Path) -> None:
    head = as_text(records_in(place)[-1]["hash"])
    done = command("audit", "verify", str(place))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == ["whole: 6 records in 1 segments, from 1 to 6", f"head: {head}"]
    assert "does not show a missing end" in done.stdout
    assert "1 intents have no outcome" in done.stdout

    noted = audit("verify", place, "--from", as_text(records_in(place)[1]["hash"]), "-o", "json")
    assert (noted.exit_code, json.loads(noted.stdout)["afterAnchor"]) == (0, 4)


def test_a_broken_one_ends_with_1_and_the_place(place: Path) -> None:
    (segment,) = place.iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"name":"one"', b'"name":"won"'))
    done = command("audit", "verify", str(place))

    assert done.returncode == 1
    assert "audit-000000000001.jsonl:2: after record 1: the record is not what was written" in done.stdout
    assert audit("show", place).exit_code == 1
    assert json.loads(audit("verify", place, "-o", "json").stdout)["faults"][0]["line"] == 2


def test_many_faults_are_counted(place: Path) -> None:
    (segment,) = place.iterdir()
    segment.write_bytes(b"x\n" * 50)
    done = audit("verify", place)

    assert done.exit_code == 1
    assert len(done.output.splitlines()) == 1 + 20 + 1
    assert "and 30 more" in done.output


def test_a_head_that_is_not_in_the_chain_ends_with_1(place: Path) -> None:
    done = audit("verify", place, "--from", "0123456789abcdef" * 4)

    assert done.exit_code == 1
    assert "is not in the chain" in done.output


def test_what_makes_no_sense_ends_with_2(tmp_path: Path) -> None:
    for arguments, words in (
        (["verify", str(tmp_path)], "there is no audit trail"),
        (["verify", str(tmp_path), "--from", "xyz"], "64 hexadecimal digits"),
        (["show", str(tmp_path), "--since", "yesterday"], "write a time such as"),
    ):
        done = command("audit", *arguments)
        assert done.returncode == 2
        assert words in done.stderr


def test_records_are_shown_by_stack_and_by_time_for_people_and_for_machines(place: Path) -> None:
    everything = audit("show", place).output.splitlines()
    of_one = audit("show", place, "--stack", "s1").output.splitlines()
    late = audit("show", place, "--since", "2026-11-30T09:00:03Z", "-o", "json").output.splitlines()

    assert len(everything) == 5
    assert of_one == [everything[1]]
    assert "ConfigMap/shop/one  stack=s1" in of_one[0]
    with_own = audit("show", place, "--since", "2026-11-30T09:00:03Z", "-o", "json", "--own").output.splitlines()
    assert [json.loads(line) for line in with_own] == records_in(place)[2:]
    assert len(late) == len(with_own) - 1
