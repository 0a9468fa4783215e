"""The table of scenarios says the truth: every test it names exists, and no scenario is missing."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from broker_scenarios import NOT_PLAYED, PLAYED

TESTS = Path(__file__).resolve().parents[1]


@cache
def names_in(module: str) -> frozenset[str]:
    tree = ast.parse((TESTS / f"{module}.py").read_text())
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("number", sorted(PLAYED))
def test_every_test_that_is_named_exists(number: int) -> None:
    named = [one.partition("::") for one in PLAYED[number]]
    assert [name for module, _, name in named if name not in names_in(module)] == []


def test_every_scenario_is_played_or_said_not_to_be() -> None:
    whole = {int(one) for one in NOT_PLAYED if one.isdigit()}
    parts = {int(one.partition(":")[0]) for one in NOT_PLAYED if not one.isdigit()}
    assert whole | PLAYED.keys() == set(range(1, 51))
    assert not whole & PLAYED.keys()
    assert parts <= PLAYED.keys()
