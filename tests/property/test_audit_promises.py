"""Whatever is done to a trail, it is found: every byte, every record and every file of it is held by the chain."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_support import a_draft, open_trail_in, records_in
from brokkr_agent.audit.policy import Policy
from brokkr_agent.audit.segments import segments_in
from brokkr_agent.audit.verify import verify
from brokkr_core.model.json import as_text

#: Of the file that is altered: a whole segment with others before and after it.
ALTERED = 1


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a trail of four small segments."""
    place = tmp_path_factory.mktemp("audit")
    written = open_trail_in(place, Policy(segment_bytes=900, segments_kept=0))
    for number in range(8):
        written.intent(a_draft(str(number)))
    written.close()
    assert len(segments_in(place)) >= 4
    return place


def altered(trail: Path, change: Callable[[bytes], bytes], number: int = ALTERED) -> list[str]:
    """Return what is found after a segment was altered; it is put back then."""
    segment = segments_in(trail)[number].path
    before = segment.read_bytes()
    after = change(before)
    assert after != before
    segment.write_bytes(after)
    try:
        return [str(one) for one in verify(trail).faults]
    finally:
        segment.write_bytes(before)


def test_the_trail_is_whole_before_anything_is_done_to_it(trail: Path) -> None:
    assert verify(trail).faults == []


def test_every_byte_that_is_altered_is_found(trail: Path) -> None:
    for number in (ALTERED, -1):
        size = segments_in(trail)[number].path.stat().st_size
        missed = [
            place
            for place in range(size)
            if not altered(trail, lambda text, at=place: text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :], number)  # type: ignore[misc] # mypy cannot type a default of a lambda
        ]
        assert missed == []


@given(place=st.integers(0, 899), byte=st.integers(0, 255), kind=st.sampled_from(["alter", "insert", "delete"]))
def test_any_byte_in_any_place_is_found(trail: Path, place: int, byte: int, kind: str) -> None:
    def change(text: bytes) -> bytes:
        new = b"" if kind == "delete" else bytes([byte])
        if kind != "insert" and text[place : place + 1] == new:
            new = bytes([byte ^ 1])
        return text[:place] + new + text[place + (kind != "insert") :]

    assert altered(trail, change)


@given(data=st.data())
def test_records_that_are_missing_doubled_or_moved_are_found_and_named(trail: Path, data: st.DataObject) -> None:
    count = len(segments_in(trail)[ALTERED].path.read_bytes().splitlines())
    one = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, count - 1).filter(lambda number: number != one))
    kind = data.draw(st.sampled_from(["missing", "doubled", "moved"]))

    def change(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        match kind:
            case "missing":
                del lines[one]
            case "doubled":
                lines.insert(other, lines[one])
            case _:
                lines[one], lines[other] = lines[other], lines[one]
        return b"".join(lines)

    found = altered(trail, change)
    assert found
    assert found[0].startswith("audit-0")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_segment_that_is_missing_is_found(trail: Path, tmp_path: Path, number: int) -> None:
    copy = shutil.copytree(trail, tmp_path / "copy")
    segments_in(copy)[number].path.unlink()

    assert any("missing" in str(one) for one in verify(copy).faults)


def test_segments_that_are_renamed_or_doubled_are_found(trail: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trail, tmp_path / "copy")
    one, two = (segment.path for segment in segments_in(copy)[1:3])
    shutil.copy(one, copy / "audit-000000000099.jsonl")
    assert verify(copy).faults
    (copy / "audit-000000000099.jsonl").unlink()
    two.rename(copy / "spare")
    one.rename(two)
    (copy / "spare").rename(one)

    assert verify(copy).faults


def test_a_last_segment_that_was_renamed_is_found(trail: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trail, tmp_path / "copy")
    segments_in(copy)[-1].path.rename(copy / "audit-000000000099.jsonl")

    (fault,) = verify(copy).faults
    assert "is named for record 99" in fault.problem


def test_a_missing_end_is_found_by_a_head_that_was_noted_and_by_nothing_else(trail: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trail, tmp_path / "copy")
    noted = verify(trail).head.hash
    last = segments_in(copy)[-1].path
    last.write_bytes(b"".join(last.read_bytes().splitlines(keepends=True)[:-1]))

    assert verify(copy).faults == []
    assert verify(trail, anchor=noted).after_anchor == 0
    assert [one.problem for one in verify(copy, anchor=noted).faults] == [
        f"the record with hash {noted} is not in the chain"
    ]


def test_a_trail_that_was_written_anew_is_found_by_a_head_that_was_noted(trail: Path, tmp_path: Path) -> None:
    open_trail_in(tmp_path).close()
    noted = as_text(records_in(trail)[2]["hash"])

    assert verify(tmp_path).faults == []
    assert verify(tmp_path, anchor=noted).faults != []
    assert verify(trail, anchor=noted).after_anchor == len(records_in(trail)) - 3
