"""How hard properties are tried: the same examples in every default run, others in every run of ``nox -s fuzz``."""

from __future__ import annotations

import os

from hypothesis import settings

#: No deadline: how long one example takes says more about the machine than about the code.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=int(os.environ.get("BROKKR_FUZZ_EXAMPLES", "5000")))
settings.load_profile("steady")
