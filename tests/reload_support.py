"""A settings file that changes, plain or behind the links of a mounted ConfigMap, and who works by it."""

from __future__ import annotations

import os
from pathlib import Path

from brokkr_agent.configuration import Configuration
from brokkr_agent.load import Source


class Clock:
    """Tells the time that a test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Mount:
    """A directory as the kubelet makes one of a ConfigMap: ``agent.toml -> ..data/agent.toml``, ``..data -> ..N``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.file = folder / "agent.toml"

    def swap(self, text: str) -> None:
        """Exchange everything at once, as the kubelet does it."""
        self._number += 1
        data = self._folder / f"..{self._number}"
        data.mkdir()
        (data / "agent.toml").write_text(text)
        (self._folder / "..new").symlink_to(data.name)
        os.replace(self._folder / "..new", self._folder / "..data")
        if not self.file.is_symlink():
            self.file.symlink_to("..data/agent.toml")


def configured(file: Path, text: str, clock: Clock | None = None, **flags: object) -> Configuration:
    """Write a settings file and load it."""
    file.write_text(text)
    named = {f"agent.{key}": value for key, value in flags.items()}
    return Configuration(Source(file=file, flags=named), clock or Clock())
