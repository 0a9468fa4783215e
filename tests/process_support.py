"""Run code in a Python of its own: what it loads is not what the tests have loaded."""

from __future__ import annotations

import subprocess
import sys


def in_a_fresh_process(code: str) -> str:
    """Return what the code printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
