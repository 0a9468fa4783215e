"""The console script: says what is missing when the agent was installed without its extra."""

from __future__ import annotations

import sys

from brokkr_agent.errors import BAD_INPUT


def main() -> None:
    """Run the command line, or tell how to install it."""
    try:
        from brokkr_agent.cli import main as run  # noqa: PLC0415 - click may be missing
    except ModuleNotFoundError as error:
        sys.stderr.write(f"error: {error.name} is not installed; install brokkr with its extra: brokkr[agent]\n")
        sys.exit(BAD_INPUT)
    run()
