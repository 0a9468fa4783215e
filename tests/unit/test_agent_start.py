"""What starting the command line costs."""

from __future__ import annotations

from process_support import in_a_fresh_process


def test_the_command_line_loads_what_every_command_needs_and_no_more() -> None:
    others = [
        "aiohttp",
        "asyncio",
        "brokkr_agent.agent",
        "brokkr_agent.reconcile",
        "brokkr_core.broker",
        "brokkr_core.rollback",
        "brokkr_core.testing",
        "httpx",
        "kubernetes",
        "rich",
        "ssl",
    ]
    others += ["structlog", "tempfile", "urllib3"]
    code = f"import sys, brokkr_agent.cli; print([name for name in {others} if name in sys.modules])"

    assert in_a_fresh_process(code) == "[]"
