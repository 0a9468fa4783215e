"""A fake Brokkr broker: answers as the real one does, from memory, with or without a socket."""

from brokkr_core.testing.broker.core import Broker
from brokkr_core.testing.broker.embedded import EmbeddedBroker, real_sources
from brokkr_core.testing.broker.front import LoggedRequest
from brokkr_core.testing.broker.live.desk import LoggedFrame
from brokkr_core.testing.broker.live.faults import LineFault, LinePlan
from brokkr_core.testing.broker.live.sockets import Socket
from brokkr_core.testing.broker.settings import BODY_LIMIT_BYTES, DEFAULT_PAK, Settings
from brokkr_core.testing.broker.snapshot import Snapshot, SnapshotError
from brokkr_core.testing.broker.sources import ManualClock, Sources, deterministic
from brokkr_core.testing.broker.store import State, new_state

__all__ = [
    "BODY_LIMIT_BYTES",
    "DEFAULT_PAK",
    "Broker",
    "EmbeddedBroker",
    "LineFault",
    "LinePlan",
    "LoggedFrame",
    "LoggedRequest",
    "ManualClock",
    "Settings",
    "Snapshot",
    "SnapshotError",
    "Socket",
    "Sources",
    "State",
    "deterministic",
    "new_state",
    "real_sources",
]
