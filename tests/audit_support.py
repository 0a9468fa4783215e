"""Write audit trails and read them back."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brokkr_agent.audit.chain import read
from brokkr_agent.audit.policy import Policy
from brokkr_agent.audit.record import Draft, Stage
from brokkr_agent.audit.segments import Segments, segments_in
from brokkr_agent.audit.trail import Trail
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import JsonObject, as_object, as_text
from brokkr_core.model.ref import ObjectRef, split_api_version

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class Disk:
    """A disk that can be full, and that can lose what it was given."""

    def __init__(self) -> None:
        self.room: int | None = None  #: bytes it still takes; None for any number
        self.broken = False  #: whether nothing becomes durable
        self.syncs = 0
        self.before_sync: Callable[[], None] = lambda: None

    def write(self, descriptor: int, data: bytes) -> int:
        if self.room is None:
            return os.write(descriptor, data)
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = os.write(descriptor, data[: self.room])
        self.room -= taken
        return taken

    def fsync(self, descriptor: int) -> None:
        self.before_sync()
        os.fstat(descriptor)  # which is still open
        self.syncs += 1
        if self.broken:
            raise OSError(5, "Input/output error")


def open_trail_in(directory: Path, policy: Policy | None = None, disk: Disk | None = None) -> Trail:
    """Open a trail whose clock goes on by a second a record."""
    disk = disk or Disk()
    segments = Segments(directory, write=disk.write, fsync=disk.fsync)
    opened = segments.open()
    time = AT

    def now() -> datetime:
        nonlocal time
        time += timedelta(seconds=1)
        return time

    trail = Trail(segments, opened.head, policy=policy or Policy(), now=now)
    trail.begin({}, cut=opened.cut)
    return trail


def a_draft(name: str = "one") -> Draft:
    ref = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name=name)
    return Draft(stage=Stage.INTENT, action="resource.apply", ref=ref)


def lines_in(directory: Path) -> list[bytes]:
    return [line for one in segments_in(directory) for line in one.path.read_bytes().splitlines(keepends=True)]


def records_in(directory: Path) -> list[JsonObject]:
    """Return every record of a trail; each is checked by itself."""
    return [read(line.rstrip(b"\n")) for line in lines_in(directory)]


def actions_in(directory: Path) -> list[str]:
    return [as_text(one["action"]) for one in records_in(directory)]


def request_of(record: JsonObject, client: KubeClient) -> tuple[str, str]:
    """Return method and path of the request that a record is about."""
    method = {"apply": "PATCH", "create": "POST", "replace": "PUT", "delete": "DELETE"}
    verb = as_text(record["action"]).partition(".")[2]
    about = {key: as_text(value) for key, value in as_object(record["object"]).items()}
    group, version = split_api_version(about["apiVersion"])
    ref = ObjectRef(group=group, version=version, kind=about["kind"], name=about["name"])
    name = "" if verb == "create" else about["name"]
    return method[verb], client.resource(ref).path(namespace=about.get("namespace", ""), name=name)
