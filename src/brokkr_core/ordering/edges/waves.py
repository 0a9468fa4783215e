"""Waves that a user declares: the annotation ``brokkr.io/wave``.

Only objects that carry the annotation take part: the others go where their edges let them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Final, TypeAlias

from brokkr_core.model.json import dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import Edge, EdgeKind
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import WAVE
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.declared import annotation_path
from brokkr_core.ordering.edges.finding import Finding, fault

_WAVE_TEXT: Final = re.compile(r"[+-]?[0-9]{1,4}")
_LIMIT: Final = 1000
#: Two waves are joined pair by pair while that costs at most so many edges an object.
_PAIRS_PER_OBJECT: Final = 4

Waves: TypeAlias = "dict[int, list[ObjectRef]]"


def wave_faults(bundle: Bundle) -> Iterator[Finding]:
    """Find the wave annotations that are no whole number."""
    for manifest in bundle.manifests:
        text = _text_of(manifest)
        if text is not None and _wave_of(text) is None:
            problem = f"{text!r} is no wave; write a whole number from -{_LIMIT} to {_LIMIT} as text"
            yield fault(manifest, annotation_path(WAVE), problem)


def waves_of(bundle: Bundle) -> Waves:
    """Return the objects of every declared wave, lowest wave first."""
    waves: defaultdict[int, list[ObjectRef]] = defaultdict(list)
    for manifest in bundle.manifests:
        wave = _wave_of(_text_of(manifest))
        if wave is not None:
            waves[wave].append(manifest.ref)
    return dict(sorted(waves.items()))


def wave_edges(waves: Waves, position: Mapping[ObjectRef, int]) -> Iterator[Edge]:
    """Put every wave before the next one, with a number of edges that grows with the objects, not with the pairs.

    While the pairs of two waves are few, each pair gets its edge. Otherwise the last object of the lower wave
    becomes its gate: it waits for the others of its wave, and the next wave waits for it. Being last, nothing
    of its own wave waits for it, so that a gate never closes a circle that the waves themselves do not.

    Args:
        waves: the objects of every wave.
        position: where an object stands in an order that follows all other edges.

    Returns:
        The edges, all hard.
    """
    for (lower, first), (higher, second) in pairwise(waves.items()):
        because = f"wave {higher} comes after wave {lower}"
        if len(first) * len(second) <= _PAIRS_PER_OBJECT * (len(first) + len(second)):
            for before, after in product(first, second):
                yield _edge(before, after, because)
            continue
        gate = max(first, key=lambda ref: position[ref])
        for ref in first:
            if ref != gate:
                yield _edge(ref, gate, f"it closes wave {lower}, and {because}")
        for ref in second:
            yield _edge(gate, ref, f"{because}, which this object closes")


def _edge(before: ObjectRef, after: ObjectRef, because: str) -> Edge:
    return Edge(before=before, after=after, kind=EdgeKind.WAVE, because=because)


def _text_of(manifest: Manifest) -> object:
    return dig(manifest.body, "metadata", "annotations", WAVE)


def _wave_of(text: object) -> int | None:
    if not isinstance(text, str) or not _WAVE_TEXT.fullmatch(text):
        return None
    wave = int(text)
    return wave if abs(wave) <= _LIMIT else None
