"""How much a source may cost before it is refused."""

from __future__ import annotations

from brokkr_core.frozen import frozen

MEBIBYTE = 1024 * 1024


@frozen(kw_only=True)
class Limits:
    """Bounds on one source; each has an error of its own that names it.

    Two bounds are not here because they are part of the meaning: a document whose aliases outgrow it is
    refused by the same rule as in kubectl (``aliases.py``), and text that is not UTF-8 is always refused.
    """

    #: Bytes of the whole source.
    stream_bytes: int = 1024 * MEBIBYTE
    #: Bytes of one document; the API server takes about 3 MiB, a ``List`` may hold many objects.
    document_bytes: int = 64 * MEBIBYTE
    #: Documents of the whole source, skipped ones included.
    documents: int = 100_000
    #: Nested mappings and sequences; ``json.dumps`` and ``copy.deepcopy`` work to this depth.
    depth: int = 256
    #: Values that aliases and merge keys add to one document.
    alias_values: int = 400_000
    #: Mapping keys of one document, those that aliases add not counted.
    keys: int = 1_000_000
    #: Characters of one scalar.
    scalar_characters: int = 32 * MEBIBYTE

    def __attrs_post_init__(self) -> None:
        for name in Limits.__annotations__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name!r} must be >= 1: {getattr(self, name)}")


def over(name: str, limit: int, what: str, advice: str) -> str:
    """Say which limit was hit, its value and what to do.

    Args:
        name: the field of ``Limits``.
        limit: its value.
        what: what was too much, as the start of a sentence.
        advice: how to get below it.

    Returns:
        The sentence for a ``ManifestError``.
    """
    return f"{what} (limit {name}={limit}): {advice}, or raise Limits({name}=...)"
