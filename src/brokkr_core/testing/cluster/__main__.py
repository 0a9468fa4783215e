"""Serve an emulated cluster until interrupted: ``python -m brokkr_core.testing.cluster [port]``."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime

from brokkr_core.testing.cluster.embedded import EmbeddedCluster
from brokkr_core.testing.cluster.settings import Settings


def main() -> None:
    """Serve with scripted controllers and print where."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with EmbeddedCluster(Settings(controllers=True), start=datetime.now(UTC)) as embedded:
        sys.stdout.write(f"{embedded.serve(port)}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
