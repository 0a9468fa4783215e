"""The reference pages say what the code does: every table is compared with what it describes."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import click
import pytest

from brokkr_agent import errors as exit_codes
from brokkr_agent import reference
from brokkr_agent.cli import cli
from brokkr_agent.commands.run import FLAGS
from brokkr_agent.config import SETTINGS
from brokkr_agent.deployments.kube_events import EVENT_MANAGER
from brokkr_agent.load import FOREIGN_SECTIONS
from brokkr_core import BrokerClient
from brokkr_core.apply.inventory.store import INVENTORY_MANAGER
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.apply.readiness import RULES, State, generic, replicas
from brokkr_core.apply.readiness.policy import ALONE, PodPatience, ReadyPolicy
from brokkr_core.apply.reversibility.gate import IRREVERSIBLE
from brokkr_core.apply.reversibility.table import RULES as TRANSITIONS
from brokkr_core.apply.waiting.lookout import MOST_WATCHES
from brokkr_core.apply.waiting.making import FEW
from brokkr_core.kube.watch import WATCH_SECONDS
from brokkr_core.model import wire
from brokkr_core.model.outcome import GOOD, Action
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.rollback import Finding, ObjectState, Verdict
from brokkr_core.rollback.owners import RESTORE_MANAGER
from brokkr_core.testing.broker import DEFAULT_PAK

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text()


def first_cells(text: str) -> list[str]:
    """Return what stands in backquotes in the first cell of every table row."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def test_the_page_and_the_schema_of_the_settings_are_what_their_definitions_say() -> None:
    assert page("settings") == reference.page(page("settings"))
    assert (REFERENCE / reference.SCHEMA).read_text() == reference.schema()


def test_every_setting_is_described_once() -> None:
    rows = [one for one in first_cells(page("settings")) if "." in one]

    assert sorted(rows) == sorted(SETTINGS)


def test_every_section_that_is_passed_over_is_named() -> None:
    assert [section for section in FOREIGN_SECTIONS if f"`[{section}]`" not in page("settings")] == []


def test_every_exit_code_is_described() -> None:
    codes = {value: name for name, value in vars(exit_codes).items() if name.isupper()}

    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", page("exit-codes"), re.MULTILINE)
    assert {int(code): name for code, name in rows} == codes


def commands() -> dict[str, click.Command]:
    """Return every command by the words that call it, groups and what is in them alike."""
    found: dict[str, click.Command] = {}
    for name, command in cli.commands.items():
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_is_described_with_all_its_options_and_no_others(name: str) -> None:
    (section,) = re.findall(
        rf"^## `brokkr-agent {name}`$(.*?)(?=^## |\Z)", page("command-line"), re.MULTILINE | re.DOTALL
    )
    rows = [line for line in section.splitlines() if line.startswith("| `-")]
    written = {option for row in rows for option in re.findall(r"`(--?[a-zA-Z-]+)`", row.split("|")[1])}
    options = [one for one in commands()[name].params if isinstance(one, click.Option)]

    assert written == {flag for one in options for flag in [*one.opts, *one.secondary_opts]}


def test_every_group_of_calls_is_described() -> None:
    client = BrokerClient.connect("http://localhost", pak=DEFAULT_PAK)
    groups = {name for name, value in vars(client).items() if not name.startswith("_") and hasattr(value, "_caller")}
    client.close()

    assert set(first_cells(section(page("library"), "What a broker can be asked"))) == groups


def test_the_flags_of_run_name_the_settings_they_set() -> None:
    text = page("command-line")

    for option, key in FLAGS.items():
        assert f"| `--{option.replace('_', '-')}` | `{key}` |" in text


def test_every_action_is_described_with_whether_it_is_good() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (yes|no) \|", page("outcomes"), re.MULTILINE)

    assert rows == [(str(action), "yes" if action in GOOD else "no") for action in Action]


def test_every_protected_kind_is_named() -> None:
    assert [kind.kind for kind in PROTECTED if kind.kind not in page("outcomes")] == []


def test_every_verdict_and_every_state_is_described_from_best_to_worst() -> None:
    assert first_cells(page("verdicts")) == [*map(str, Verdict), *map(str, ObjectState)]


def test_every_verdict_has_its_exit_code_and_every_state_what_it_allows() -> None:
    codes = re.findall(r"^\| `(\w+)` \| (\d+) \|", page("verdicts"), re.MULTILINE)
    ceilings = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", page("verdicts"), re.MULTILINE)
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", name="one")

    assert {name: int(code) for name, code in codes} == {str(one): one.exit_code for one in Verdict}
    assert dict(ceilings) == {str(one): str(Finding(ref=ref, state=one).ceiling) for one in ObjectState}


def test_no_two_verdicts_end_alike_and_only_what_changed_nothing_ends_with_zero() -> None:
    codes = [verdict.exit_code for verdict in Verdict]

    assert len(set(codes)) == len(codes)
    assert [verdict for verdict in Verdict if verdict.exit_code == 0] == [Verdict.NOT_NEEDED]


def test_every_failure_of_the_design_is_staged_or_said_not_to_be() -> None:
    table, _, rest = page("failures").partition("## Not staged")
    rows, excused = ([int(one) for one in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] for text in (table, rest))
    tests = (path.read_text() for path in (REFERENCE.parents[1] / "tests").rglob("test_*.py"))
    staged = {int(one) for text in tests for one in re.findall(r"^def test_failure_(\d\d)_", text, re.MULTILINE)}

    assert rows == list(range(1, 37))
    assert staged & {*excused} == set()
    assert staged | {*excused} == {*rows}


def test_every_name_on_the_cluster_is_described() -> None:
    read = {wire.PRUNE, wire.RECREATE, wire.WAVE, wire.READY_WHEN, wire.DEPENDS_ON, wire.IDEMPOTENT}
    read |= {wire.STREAM_LOGS}
    names = wire.STAMP_KEYS | read

    assert set(first_cells(page("annotations"))) == names
    for manager in (wire.MANAGER, INVENTORY_MANAGER, RESTORE_MANAGER, EVENT_MANAGER):
        assert f"`{manager}`" in page("annotations")


def section(text: str, title: str) -> str:
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_kind_with_a_rule_is_described_in_the_order_of_the_table() -> None:
    assert first_cells(section(page("readiness"), "By kind")) == [kind.kind for kind in RULES]


def test_every_state_is_described() -> None:
    assert first_cells(section(page("readiness"), "States")) == [str(state) for state in State]


def test_every_value_of_ready_when_is_described() -> None:
    assert first_cells(section(page("readiness"), "Say it differently")) == [str(value) for value in wire.ReadyWhen]


def test_every_field_of_the_policy_is_described() -> None:
    flat = [one.name for one in attrs.fields(ReadyPolicy) if one.name != "pods"]
    pods = [f"pods.{one.name}" for one in attrs.fields(PodPatience)]

    assert first_cells(section(page("readiness"), "What a policy decides")) == flat + pods


def test_every_reservation_that_is_described_can_be_made() -> None:
    rooms = Path(generic.__file__).parent.glob("*.py")
    made = set(re.findall(r'ready_but\(\s*"(\w+)"', "".join(path.read_text() for path in rooms)))

    assert set(first_cells(section(page("readiness"), "Ready with a reservation"))) == made | {"Released"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (generic.STATUS_GRACE_SECONDS, "`NotObserved` for {} seconds"),
        (replicas.REPLICA_FAILURE_GRACE_SECONDS, "cannot be created for more than {} seconds"),
        (ALONE.start_seconds, "their like) for more than {} seconds"),
        (ALONE.unschedulable_seconds, "no node takes it for more than {} seconds"),
        (WATCH_SECONDS, "opened anew every {} seconds"),
        (MOST_WATCHES, "beyond {} collections"),
        (ReadyPolicy().late_seconds, "not ready after {} seconds"),
        (PodPatience().start_seconds, "cannot start for more than {} seconds since"),
        (PodPatience().crash_restarts, "started again {} times"),
        (PodPatience().unschedulable_seconds, "takes a pod for more than {} seconds"),
        (FEW, "beyond {} late workloads"),
    ],
)
def test_every_number_of_readiness_is_the_one_in_the_code(seconds: float, words: str) -> None:
    assert words.format(f"{seconds:g}") in page("readiness")


def test_every_class_of_change_is_described_from_best_to_worst() -> None:
    assert first_cells(page("reversibility").partition("## The table")[0]) == list(Reversibility)
    assert f"`{IRREVERSIBLE}`" in page("outcomes")


def test_every_rule_about_taking_back_is_described_in_its_own_words() -> None:
    rows = [
        f"| `{rule.name}` | {', '.join(kind.kind for kind in rule.kinds) or 'any'} "
        f"| {rule.when} | `{rule.reversibility}` | {rule.reason} |"
        for rule in TRANSITIONS
    ]

    lines = section(page("reversibility"), "The table").splitlines()
    assert [line for line in lines if line.startswith("| `")] == rows
