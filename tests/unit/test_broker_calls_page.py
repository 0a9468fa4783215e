"""What may be repeated, call by call: the page says what the code does, and the code what the contract says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker_table import operations, row_of
from brokkr_core.broker import Operation
from brokkr_core.broker.bucket import LONGEST_SHUT_SECONDS, LOWEST_PACE, RECOVERY_SECONDS
from brokkr_core.broker.limiter import RATES
from brokkr_core.broker.patience import PatiencePolicy
from brokkr_core.broker.traffic import Traffic
from brokkr_core.retry import Repeat

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "broker-calls.md").read_text()

#: Carried out twice, these do harm (contract section 16): two events, two objects, a PAK that nobody knows.
HARMFUL = re.compile(
    r"GET .*/webhooks/pending"
    r"|POST .*/(complete|result|events|rotate-pak|from-template)"
    r"|POST .*/(agents|generators|stacks|labels|annotations|targets|deployment-objects|templates|work-orders|webhooks)"
)


def named(one: Operation) -> str:
    return f"{one.method} {one.path}"


@pytest.mark.parametrize("one", operations(), ids=named)
def test_a_call_stands_on_the_page_with_what_may_be_repeated(one: Operation) -> None:
    assert row_of(one) in PAGE.splitlines(), "python tests/broker_table.py prints all rows"


def test_no_call_stands_on_the_page_that_does_not_exist() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `(GET|POST|PUT|PATCH|DELETE) ", line)]

    assert sorted(rows) == sorted(map(row_of, operations()))


@pytest.mark.parametrize("one", [one for one in operations() if HARMFUL.fullmatch(named(one))], ids=named)
def test_what_does_harm_twice_is_never_repeated_blindly(one: Operation) -> None:
    assert one.repeat is not Repeat.SAFE


@pytest.mark.parametrize("one", [one for one in operations() if one.method == "DELETE"], ids=named)
def test_what_is_gone_may_be_removed_again(one: Operation) -> None:
    assert one.repeat is Repeat.SAFE


@pytest.mark.parametrize("traffic", Traffic)
def test_the_pace_of_a_class_stands_on_the_page(traffic: Traffic) -> None:
    rate = RATES[traffic]

    assert f"| `{traffic.value}` | {rate.per_second:g} | {rate.burst:g} |" in PAGE


def test_every_number_on_the_page_is_the_one_in_the_code() -> None:
    policy = PatiencePolicy()
    numbers = {
        f"{policy.circuit.failures} failures in a row": True,
        f"first {policy.circuit.rest_seconds:g} seconds": True,
        f"at most {policy.circuit.longest_rest_seconds:g} seconds": True,
        f"{policy.budget.most:g} repeats": True,
        f"every {1 / policy.budget.share:g} calls": True,
        f"every {1 / policy.budget.per_second:g} seconds": True,
        f"down to 1/{1 / LOWEST_PACE:g}": True,
        f"within {RECOVERY_SECONDS:g} seconds": True,
        f"for at most {LONGEST_SHUT_SECONDS:g} seconds": True,
        f"{policy.retry.attempts} tries within {policy.retry.deadline_seconds:g} seconds": True,
    }

    assert {words: words in PAGE for words in numbers} == numbers
