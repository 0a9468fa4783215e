"""From the settings to what a deployment may do: nothing said is the library's own, and what is said arrives."""

from __future__ import annotations

import pytest
from attrs import evolve

from brokkr_agent.checks import TAKEN_ALONG, UNPROTECTABLE
from brokkr_agent.config import AgentSettings
from brokkr_agent.load import load_settings
from brokkr_agent.rules import rules_of
from brokkr_core.apply import ClassTimeout, PodPatience, PrunePolicy, ReadyPolicy, TakeAlong
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.errors import ConfigError


def test_what_nobody_has_set_is_as_in_the_library() -> None:
    rules = rules_of(AgentSettings())

    assert rules.apply.ready == ReadyPolicy()
    assert rules.prune == PrunePolicy()


def test_what_counts_as_ready_can_be_set() -> None:
    settings = AgentSettings(
        ready_ingress="address",
        ready_load_balancer_timeouts="example.com/slow=900;*=60",
        ready_pod_start_seconds=5,
        ready_pod_crash_restarts=1,
        ready_pod_unschedulable_seconds=7,
    )

    assert rules_of(settings).apply.ready == ReadyPolicy(
        ingress_address=True,
        load_balancer_timeouts=(ClassTimeout(name="example.com/slow", seconds=900), ClassTimeout(name="*", seconds=60)),
        pods=PodPatience(start_seconds=5, crash_restarts=1, unschedulable_seconds=7),
    )


@pytest.mark.parametrize("name", UNPROTECTABLE)
def test_a_kind_loses_its_protection_by_name(name: str) -> None:
    rules = rules_of(AgentSettings(prune_unprotected=name))

    assert rules.prune == evolve(PrunePolicy(), protected=PROTECTED - {UNPROTECTABLE[name]})


@pytest.mark.parametrize("name", TAKEN_ALONG)
def test_what_a_deletion_takes_along_is_said_one_by_one(name: str) -> None:
    prune = rules_of(AgentSettings(prune_take_along=f" {name},", prune_workers=3)).prune

    assert prune == PrunePolicy(take_along=TakeAlong(**{name: True}), workers=3)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("PRUNE_UNPROTECTED", "Namespace,Secret", "must be any of Namespace"),
        ("PRUNE_UNPROTECTED", "namespace", "must be any of Namespace"),
        ("PRUNE_TAKE_ALONG", "everything", "must be any of content, instances, volumes"),
        ("PRUNE_WORKERS", "0", "must be from 1 to 64"),
        ("READY_INGRESS", "yes", "must be one of exists, address"),
        ("READY_LOAD_BALANCER_TIMEOUTS", "60", "must be class=seconds"),
        ("READY_POD_CRASH_RESTARTS", "-1", "must be from 0 to 1000"),
    ],
)
def test_what_makes_no_sense_is_refused(key: str, value: str, rule: str) -> None:
    with pytest.raises(ConfigError, match=rule):
        load_settings(environment={f"BROKKR__AGENT__{key}": value})
