"""The HTTP server while its process may open no more files."""

from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from brokkr_agent.http import Answer, HttpServer, Place
from brokkr_agent.stop import Stop
from stage_support import wait_for

PATIENCE = 20.0


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no file: every number below the lowest free one is in use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_a_free_file_it_goes_on_listening_and_answers_once_there_is_one() -> None:
    place = Place(name="health", address="127.0.0.1", port=0, setting="agent.health_port")
    stop, server = Stop(), HttpServer(place, lambda asked: Answer(status=200, body=asked.path.encode()))
    with structlog.testing.capture_logs() as lines, socket.socket() as line:
        thread = threading.Thread(target=server.serve, args=(stop,), daemon=True)
        thread.start()
        port = wait_for(lambda: server.port, "the server")
        line.settimeout(PATIENCE)
        with no_more_files():
            line.connect(("127.0.0.1", port))
            wait_for(lambda: "no connection can be taken now" in [one["event"] for one in lines], "the warning")
        assert server.port == port
        line.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
        assert line.makefile("rb").read().endswith(b"/livez")
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
