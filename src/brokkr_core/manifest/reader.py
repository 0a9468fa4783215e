"""A source of any shape -> pieces of UTF-8 bytes."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from brokkr_core.errors import ManifestError, UsageError
from brokkr_core.manifest.checksum import RunningChecksum
from brokkr_core.manifest.limits import Limits, over

if TYPE_CHECKING:  # who passes a path has loaded it
    from pathlib import Path

#: Bytes read at a time; larger pieces gain nothing and cost memory.
PIECE = 256 * 1024

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@runtime_checkable
class BinaryFile(Protocol):
    """What a source has to offer to be read as a file."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        ...


Source: TypeAlias = "str | bytes | bytearray | memoryview | Path | BinaryFile | Iterable[bytes]"


def name_of(source: Source) -> str:
    """Return the name a source gives itself: the path of a file, or empty text."""
    if isinstance(source, os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", "")
    return name if isinstance(name, str) else ""


def pieces(source: Source) -> Iterator[bytes]:
    """Cut a source into pieces of bytes.

    Args:
        source: text, bytes, a path, a binary file or an iterable of bytes.

    Yields:
        Pieces in order, as the source has them; a path is opened when the first piece is asked for.

    Raises:
        UsageError: the source is something else, or a file opened in text mode.
        OSError: the path cannot be read.
    """
    if isinstance(source, str):
        yield from _encoded(source)
    elif isinstance(source, bytes | bytearray | memoryview):
        yield from _sliced(memoryview(source).cast("B"))
    elif isinstance(source, os.PathLike):
        with open(source, "rb") as file:
            yield from _read(file)
    elif isinstance(source, BinaryFile):
        yield from _read(source)
    elif isinstance(source, Iterable):
        yield from (_as_bytes(piece) for piece in source)
    else:
        raise UsageError(
            f"cannot read manifests from {type(source).__name__}: "
            "pass text, bytes, a pathlib.Path, a binary file or an iterable of bytes"
        )


def _encoded(text: str) -> Iterator[bytes]:
    for start in range(0, len(text), PIECE):
        # Lone surrogates pass here and are refused as invalid UTF-8 in the document they stand in.
        yield text[start : start + PIECE].encode("utf-8", "surrogatepass")


def _sliced(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), PIECE):
        yield bytes(view[start : start + PIECE])


def _read(file: BinaryFile) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield _as_bytes(piece)


def _as_bytes(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, bytearray | memoryview):
        return bytes(piece)
    raise UsageError(
        f"the source gave {type(piece).__name__} instead of bytes: open the file with mode 'rb', or encode the text"
    )


def utf8(source: Iterator[bytes], *, name: str = "") -> Iterator[bytes]:
    """Turn UTF-16 into UTF-8 when the source opens with its byte order mark; pass anything else on.

    Args:
        source: pieces of bytes.
        name: what to call the source in an error.

    Yields:
        Pieces of UTF-8; not yet checked, and a UTF-8 byte order mark is still there.

    Raises:
        ManifestError: the source is marked as UTF-16 and is not.
    """
    head = b""
    for piece in source:
        head += piece
        if len(head) >= 2:
            break
    if head[:2] not in UTF16_MARKS:
        if head:
            yield head
        yield from source
        return
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        yield decoder.decode(head).encode()
        for piece in source:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError:
        raise ManifestError(
            "the byte order mark says UTF-16, but the bytes are not: save the file as UTF-8", source=name
        ) from None


def measured(source: Iterator[bytes], *, limits: Limits, running: RunningChecksum, name: str = "") -> Iterator[bytes]:
    """Pass pieces on while counting and hashing them.

    Args:
        source: pieces of UTF-8 bytes.
        limits: ``stream_bytes`` is watched here.
        running: takes the checksum and the count.
        name: what to call the source in an error.

    Yields:
        The same pieces.

    Raises:
        ManifestError: the source is larger than the limit.
    """
    for piece in source:
        running.update(piece)
        if running.size_bytes > limits.stream_bytes:
            problem = over(
                "stream_bytes", limits.stream_bytes, "the source has too many bytes", "split it into several"
            )
            raise ManifestError(problem, source=name)
        yield piece
