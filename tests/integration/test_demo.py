"""The demonstration is the README's promise: it must play to its end, and tell what it claims to tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest


@pytest.mark.slow
def test_the_demo_deploys_changes_fails_and_proves_that_it_put_back() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "brokkr_agent", "demo"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    told = done.stdout

    assert done.returncode == 0, told + done.stderr
    assert "wave 3" in told
    assert "+ Widget/workshop/left  created" in told
    assert "- ConfigMap/shop/spring-banner  pruned" in told
    assert "ProgressDeadlineExceeded" in told
    assert "! ConfigMap/shop/release-notes  blocked" in told
    assert "rollback verdict: VERIFIED_EXACT" in told
    assert told.count("event DEPLOY SUCCESS") == 3
    assert told.count("event DEPLOY FAILURE") == 1
    assert "not-a-real-password" not in told + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_demo_keeps_broker_and_cluster_when_asked_and_ends_on_interrupt() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "brokkr_agent", "demo", "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    watchdog = threading.Timer(100, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        told = [line for line in iter(process.stdout.readline, "") if _interrupt_at_the_end(process, line)]
        assert process.wait() == 0, "".join(told)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert any("kubectl --kubeconfig" in line for line in told)


def _interrupt_at_the_end(process: subprocess.Popen[str], line: str) -> bool:
    if line.startswith("Ctrl-C"):
        process.send_signal(signal.SIGINT)
    return True
