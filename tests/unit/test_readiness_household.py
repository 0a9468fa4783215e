"""Which workloads may be asked what they have made, and how their pods are selected."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness.household import may_be_asked, selector_of
from brokkr_core.model.json import JsonObject
from engine_support import seen, with_status


@pytest.mark.parametrize("kind", sorted({"ConfigMap", "Pod", "CronJob", "Service"}))
def test_what_is_no_workload_has_no_household(kind: str) -> None:
    assert not may_be_asked(with_status(kind, seen()))


def test_a_workload_is_asked_about_once_its_controller_has_seen_it() -> None:
    assert may_be_asked(with_status("Deployment", seen()))
    assert may_be_asked(with_status("Job"))
    assert not may_be_asked(with_status("Deployment"))
    assert not may_be_asked(with_status("Deployment", {"observedGeneration": 1}))


SELECTORS: list[tuple[JsonObject, str]] = [
    ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
    ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]}]}, "a in (x,y)"),
    ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, "a notin (x)"),
    ({"matchLabels": {"c": "d"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}, "c=d,a"),
    ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a"),
    ({"matchLabels": {"c": "d"}, "matchExpressions": [{"key": "a", "operator": "SomethingNew"}]}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("selector", "text"), SELECTORS)
def test_a_selector_is_written_as_a_query(selector: JsonObject, text: str) -> None:
    assert selector_of(with_status("Deployment", spec={"selector": selector})) == text


def test_the_selector_of_a_replication_controller_is_a_plain_map() -> None:
    assert selector_of(with_status("ReplicationController", spec={"selector": {"a": "1"}})) == "a=1"
