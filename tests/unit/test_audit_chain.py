"""Records and their chain: one way to write each, and nothing that was altered goes unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from brokkr_agent.audit.chain import GENESIS, ChainFaultError, Head, canonical, follow, head_of, read, seal
from brokkr_agent.audit.record import Draft, Stage
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef


def sealed(values: JsonObject, head: Head | None = None) -> tuple[bytes, Head]:
    line, after = seal(values, head or Head())
    assert line.endswith(b"\n")
    return line[:-1], after


def test_a_record_is_what_was_written_of_it() -> None:
    line, head = sealed({"action": "agent.start"})
    record = read(line)

    assert {key: record[key] for key in ("v", "seq", "prev", "action")} == {
        "v": 1,
        "seq": 1,
        "prev": GENESIS,
        "action": "agent.start",
    }
    assert head_of(record) == follow(record, Head()) == head


def test_the_hash_is_the_one_that_the_reference_page_promises() -> None:
    _, head = sealed({"action": "agent.start"})
    text = f'{GENESIS}{{"action":"agent.start","prev":"{GENESIS}","seq":1,"v":1}}'

    assert head.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "written"),
    [("ä", '"ä"'), ("\x1f", '"\\u001f"'), ("\n", '"\\n"'), ("\x7f", '"\x7f"'), ("\u2028", '"\u2028"'), ("/", '"/"')],
)
def test_texts_are_written_as_rfc_8785_has_it(text: str, written: str) -> None:
    assert canonical({"a": text}) == f'{{"a":{written}}}'.encode()


def test_half_a_surrogate_pair_does_no_harm() -> None:
    line, _ = sealed({"action": "x", "facts": {"name": "\udc80"}})

    assert read(line)["facts"] == {"name": "\udc80"}


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda line: line.replace(b'"seq":1', b'"seq": 1'),
        lambda line: line.replace(b'"seq":1', b'"seq":1.0'),
        lambda line: line.replace(b'"seq":1', b'"seq":true'),
        lambda line: line.replace(b'"v":1', b'"v":2'),
        lambda line: line.replace(b'"action":"x"', b'"action":"\\u0078"'),
        lambda line: line.replace(b'"action":"x"', b'"action":"y","action":"x"'),
        lambda line: line.replace(b'"v":1', b'"v":1,"z":0'),
        lambda line: line + b" ",
        lambda line: b"[" * 100_000,
        lambda line: b"[]",
        lambda line: b"",
        lambda line: b"\xff",
    ],
)
def test_another_way_to_write_the_same_is_not_what_was_written(spoilt: Callable[[bytes], bytes]) -> None:
    line, _ = sealed({"action": "x"})
    with pytest.raises(ChainFaultError):
        read(spoilt(line))


def test_a_record_follows_the_one_before_it_and_no_other() -> None:
    one, first = sealed({"action": "one"})
    two, second = sealed({"action": "two"}, first)
    three, _ = sealed({"action": "three"}, second)
    _, other = sealed({"action": "other"})

    assert follow(read(two), first) == second
    with pytest.raises(ChainFaultError, match="records 2 to 2 are missing"):
        follow(read(three), first)
    with pytest.raises(ChainFaultError, match="a second time"):
        follow(read(one), second)
    with pytest.raises(ChainFaultError, match="another chain"):
        follow(read(two), other)


def test_a_draft_says_nothing_that_is_empty() -> None:
    ref = ObjectRef(group="", version="v1", kind="Namespace", name="shop")
    draft = Draft(stage=Stage.INTENT, action="resource.apply", ref=ref, own=True)

    assert draft.to_json() == {
        "stage": "intent",
        "action": "resource.apply",
        "object": {"apiVersion": "v1", "kind": "Namespace", "name": "shop"},
        "own": True,
    }
