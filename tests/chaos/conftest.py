"""What is too long for every run is collected by ``nox -s soak`` alone."""

from __future__ import annotations

from proof_support import LONG

collect_ignore_glob = [] if LONG else ["test_soak_*.py"]
