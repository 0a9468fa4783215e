"""A log of its own for a test, which ends in a file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brokkr_agent.logs.pipeline import Pipeline, Render
from brokkr_agent.logs.render import as_json
from brokkr_agent.logs.sink import Sink
from brokkr_core.model.json import JsonObject


class Paper:
    """A pipeline and what it wrote."""

    def __init__(self, descriptor: int, path: Path, render: Render) -> None:
        self.pipeline = Pipeline(Sink(descriptor), render)
        self._path = path

    @property
    def text(self) -> str:
        return self._path.read_text(encoding="utf-8")

    @property
    def lines(self) -> list[JsonObject]:
        """Every line; each has to be one JSON object."""
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def paper(render: Render = as_json) -> Iterator[Paper]:
    descriptor, name = tempfile.mkstemp()
    try:
        yield Paper(descriptor, Path(name), render)
    finally:
        os.close(descriptor)
        Path(name).unlink()
