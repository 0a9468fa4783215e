"""Rotates PAKs in child processes and kills them at a line: run as a script, one ``<pak file> <line number>`` a line.

One process that never has a second thread forks a child for every try, so that a kill costs milliseconds.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from brokkr_core.broker import HttpxTransport
from brokkr_core.broker.credentials import rotation, vault
from brokkr_core.broker.credentials.rotation import rotate_pak

WATCHED = frozenset({vault.__file__, rotation.__file__})


class KilledAtLine:
    """Counts the lines that are run in the watched modules, and kills this process before one of them."""

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self._run = 0

    def __call__(self, frame: FrameType, event: str, _arg: Any) -> KilledAtLine | None:
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            self._run += 1
            if self._run == self._fatal:
                os.write(1, f"{frame.f_code.co_name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def try_once(url: str, pak_file: Path, fatal: int) -> None:
    transport = HttpxTransport(url, use_environment=False)
    sys.settrace(KilledAtLine(fatal))
    rotate_pak(pak_file, transport)
    sys.settrace(None)
    os.write(1, b"finished\n")


def main(url: str) -> None:
    for order in sys.stdin:
        pak_file, _, fatal = order.rpartition(" ")
        child = os.fork()
        if child == 0:
            try:
                try_once(url, Path(pak_file), int(fatal))
            except BaseException as error:
                os.write(1, f"failed: {error!r}\n".encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main(sys.argv[1])
