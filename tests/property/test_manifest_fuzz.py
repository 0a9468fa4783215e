"""The fast path against the event path, over mutated documents; longer when asked.

``BROKKR_FUZZ_DOCUMENTS`` says how many documents (default 8 000), ``BROKKR_FUZZ_SEED`` where to start (default 0).
"""

from __future__ import annotations

import os

import pytest

from manifest_support import Paths, mutants

DOCUMENTS = int(os.environ.get("BROKKR_FUZZ_DOCUMENTS", "8000"))
SEED = int(os.environ.get("BROKKR_FUZZ_SEED", "0"))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
def test_the_fast_path_never_accepts_what_the_event_path_reads_otherwise(*, strict: bool) -> None:
    paths = Paths(strict=strict)
    found = [said for text in mutants(SEED, DOCUMENTS) if (said := paths.disagreement(text))]

    assert found == []
    assert paths.accepted > DOCUMENTS / 50, "the fast path passes on nearly everything: the comparison says little"
