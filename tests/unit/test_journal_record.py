"""The chain of a journal: whatever is altered, lost or moved is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.errors import JournalError
from brokkr_core.model.json import JsonObject
from brokkr_core.rollback.journal.record import GENESIS, Record, RecordKind, read_lines, seal

facts = st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers() | st.none()), max_size=5)


def chain(*each: JsonObject) -> list[Record]:
    records: list[Record] = []
    for one in each:
        kind = RecordKind.AFTER if records else RecordKind.BEGIN
        records.append(seal(kind, one, after=records[-1] if records else None))
    return records


@given(facts=facts)
def test_what_was_written_is_read_back(facts: list[JsonObject]) -> None:
    records = chain(*facts)

    assert list(read_lines(record.line for record in records)) == records


def test_every_record_names_the_one_before_it() -> None:
    first, second = chain({"a": 1}, {"b": 2})

    assert (first.number, first.previous) == (0, GENESIS)
    assert (second.number, second.previous) == (1, first.digest)


@given(facts=facts.filter(bool), data=st.data())
def test_a_single_altered_byte_is_seen(facts: list[JsonObject], data: st.DataObject) -> None:
    lines = [record.line for record in chain(*facts)]
    place = data.draw(st.integers(0, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[place]) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one not in (lines[place][at], 10)))
    altered = lines[place][:at] + bytes([byte]) + lines[place][at + 1 :]
    try:
        read = list(read_lines([*lines[:place], altered, *lines[place + 1 :]]))
    except JournalError:
        return
    assert read == chain(*facts), "only what means the same may pass, such as white space"


@given(facts=facts.filter(lambda each: len(each) > 1), data=st.data())
def test_a_record_that_is_missing_or_stands_elsewhere_is_seen(facts: list[JsonObject], data: st.DataObject) -> None:
    lines = [record.line for record in chain(*facts)]
    gone = data.draw(st.integers(0, len(lines) - 2))

    with pytest.raises(JournalError):
        list(read_lines(lines[:gone] + lines[gone + 1 :]))
    with pytest.raises(JournalError):
        list(read_lines([*lines[:gone], lines[gone + 1], lines[gone], *lines[gone + 2 :]]))


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b'{"record":[0,"begin",{}]}\n', b"\xff\n", b"[" * 100_000]
)
def test_what_is_no_record_is_one_clear_error(line: bytes) -> None:
    with pytest.raises(JournalError, match="record 0"):
        list(read_lines([line]))
