"""Memory stays flat: it belongs to one document, never to the stream."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from brokkr_core.errors import InputErrors
from brokkr_core.manifest import Limits, parse

MEBIBYTE = 1024 * 1024


def documents(count: int, *, line: str = "") -> Iterator[bytes]:
    for number in range(count):
        yield (
            f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{number}\n  labels:\n    app: a{number % 7}\n"
            f"data:\n  key{number}: value {number}\n  text: |\n    line {number}\n    more\n{line}"
        ).encode()


def peak_bytes(pieces: Iterator[bytes]) -> tuple[int, int]:
    tracemalloc.start()
    try:
        count = sum(1 for _ in parse(pieces))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("line", ["", "  alias: &a x\n  same: *a\n"], ids=["fast", "events"])
def test_ten_thousand_documents_cost_no_more_than_a_thousand(line: str) -> None:
    few, small = peak_bytes(documents(1_000, line=line))
    many, large = peak_bytes(documents(10_000, line=line))

    assert (few, many) == (1_000, 10_000)
    assert large < 12 * MEBIBYTE
    # The memory of lines is bounded, but a thousand documents do not fill it.
    assert large < small + 8 * MEBIBYTE


def test_a_document_over_its_limit_is_never_held() -> None:
    def endless() -> Iterator[bytes]:
        yield from documents(1)
        yield b"---\ndata: |\n"
        for _ in range(200):
            yield b"  " + b"x" * 100_000 + b"\n"
        yield from documents(1)

    tracemalloc.start()
    try:
        stream = parse(endless(), limits=Limits(document_bytes=200_000), on_error="collect")
        with pytest.raises(InputErrors, match="document_bytes=200000"):
            list(stream)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [error.document for error in stream.errors] == [2]
    assert peak < 4 * MEBIBYTE
